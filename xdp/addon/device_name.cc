#include "device_name.h"

#include <cctype>
#include <cstdio>
#include <cstdlib>

namespace ticker
{

std::string encode_device(const std::string &device)
{
	std::string encoded;

	for (unsigned char byte : device) {
		char escape[4];

		if (isalnum(byte) || byte == '-') {
			encoded += byte;
			continue;
		}
		snprintf(escape, sizeof escape, "_%02x", byte);
		encoded += escape;
	}
	return encoded;
}

std::optional<std::string> decode_device(const std::string &encoded)
{
	std::string device;

	for (size_t at = 0; at < encoded.size(); at++) {
		if (encoded[at] != '_') {
			device += encoded[at];
			continue;
		}
		std::string digits = encoded.substr(at + 1, 2);
		if (digits.size() != 2 || !isxdigit(digits[0]) || !isxdigit(digits[1]))
			return {};
		device += static_cast<char>(strtol(digits.c_str(), nullptr, 16));
		at += 2;
	}
	return device;
}

} // namespace ticker
