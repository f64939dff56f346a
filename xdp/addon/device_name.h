/** Device names as names of pins: a bpf file system allows no dot in a name, a device does (eth0.100). */
#pragma once

#include <optional>
#include <string>

namespace ticker
{

/** Keeps letters, digits and `-`; every other byte becomes `_` and two hexadecimal digits. */
std::string encode_device(const std::string &device);

/** The reverse; nothing when it is no encoded name. */
std::optional<std::string> decode_device(const std::string &encoded);

} // namespace ticker
