#pragma once

#include <string>

#include "error.h"

namespace ticker
{

/**
 * Whether this process and this machine can run a sensor at all: capabilities, kernel, and a writable bpf file
 * system to pin into. `netns`: whether devices of another network namespace are asked for.
 */
[[nodiscard]] Status preflight(const std::string &pin_directory, bool netns);

} // namespace ticker
