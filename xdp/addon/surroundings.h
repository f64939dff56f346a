#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "error.h"
#include "event.h"

namespace ticker
{

/** 16 bytes, network order, IPv4 as ::ffff:a.b.c.d. */
using Address = std::array<uint8_t, 16>;

/** What the kernel program has to know of the network namespace it watches, to tell flows from attempts. */
struct Surroundings {
	std::set<Address> addresses;
	/** ip_local_port_range. */
	uint16_t ephemeral_low;
	uint16_t ephemeral_high;
};

/** netns: path of the namespace, if it is another one. */
Result<Surroundings> read_surroundings(const std::optional<std::string> &netns);

/** Brings the map of own addresses to exactly these. `secret`: of the epoch. */
[[nodiscard]] Status write_own_addresses(int map, const __u64 secret[SECRET_WORDS],
					 const std::set<Address> &addresses);

} // namespace ticker
