#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "error.h"

namespace ticker
{

/** Detaches and unpins what a pin directory holds, of all layouts, or one device only. Returns the devices. */
Result<std::vector<std::string>> remove_sensor(const std::string &pin_directory,
					       const std::optional<std::string> &device);

/** What a version with another table layout has left. */
struct Leftover {
	std::string path;
	std::vector<std::string> devices; /* that its program is still attached to */
	uint64_t undelivered;             /* bytes in its ring: nobody else knows the shape of its events */
};

/** Removes what other layouts than that in `own` have left, but for what somebody may still want: returns that. */
Result<std::vector<Leftover>> remove_others(const std::string &pin_directory, const std::string &own);

} // namespace ticker
