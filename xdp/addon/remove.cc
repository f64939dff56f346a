#include "remove.h"

#include <sys/stat.h>
#include <unistd.h>

#include "links.h"
#include "lock.h"
#include "pins.h"
#include "preflight.h"

namespace ticker
{

Result<std::vector<std::string>> remove_sensor(const std::string &pin_directory,
					       const std::optional<std::string> &device)
{
	std::vector<std::string> removed;
	struct stat status;

	if (auto failure = preflight(pin_directory, false))
		return *failure;
	if (stat(pin_directory.c_str(), &status) != 0)
		return removed;
	auto lock = Lock::take(pin_directory);
	if (!lock)
		return lock.failure();
	for (const std::string &layout : layouts_of(pin_directory)) {
		Links links(layout, {});
		for (const std::string &attached : links.devices()) {
			if (device && attached != *device)
				continue;
			if (auto failure = links.detach(attached))
				return *failure;
			removed.push_back(attached);
		}
		if (links.devices().empty())
			if (auto failure = remove_pins(layout))
				return *failure;
	}
	rmdir(pin_directory.c_str()); /* stays when it holds anything else */
	return removed;
}

} // namespace ticker
