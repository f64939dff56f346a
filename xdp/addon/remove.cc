#include "remove.h"

#include <bpf/bpf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "links.h"
#include "lock.h"
#include "pins.h"
#include "preflight.h"
#include "ring.h"

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

static Result<uint64_t> undelivered_in(const std::string &layout)
{
	Descriptor map(bpf_obj_get((layout + "/ring").c_str()));

	if (!map && errno == ENOENT)
		return 0;
	if (!map)
		return system_failure(errno, "open the ring pinned in " + layout);
	auto ring = Ring::open(map.get());
	if (!ring)
		return ring.failure();
	return (*ring)->used();
}

Result<std::vector<Leftover>> remove_others(const std::string &pin_directory, const std::string &own)
{
	std::vector<Leftover> left;

	for (const std::string &layout : layouts_of(pin_directory, own)) {
		auto undelivered = undelivered_in(layout);
		if (!undelivered)
			return undelivered.failure();
		auto devices = Links(layout, {}).devices();
		if (*undelivered > 0 || !devices.empty())
			left.push_back({ layout, devices, *undelivered });
		else if (auto failure = remove_pins(layout))
			return *failure;
	}
	return left;
}

} // namespace ticker
