#pragma once

#include <optional>
#include <string>
#include <vector>

#include "error.h"

namespace ticker
{

/** Detaches and unpins what a pin directory holds, of all layouts, or one device only. Returns the devices. */
Result<std::vector<std::string>> remove_sensor(const std::string &pin_directory,
					       const std::optional<std::string> &device);

} // namespace ticker
