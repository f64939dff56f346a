#include "surroundings.h"

#include <bpf/bpf.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <vector>

#include "event.h"
#include "netns.h"
#include "own.h"

namespace ticker
{

static uint64_t word_of(const __u64 secret[SECRET_WORDS], const Address &address)
{
	const std::array<uint8_t, 12> ipv4 = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	const bool is_ipv4 = std::equal(ipv4.begin(), ipv4.end(), address.begin());
	__u64 high, low;

	memcpy(&high, address.data(), sizeof high);
	memcpy(&low, address.data() + sizeof high, sizeof low);
	return own_word(secret, high, low, !is_ipv4);
}

static std::optional<Address> address_of(const sockaddr *socket)
{
	Address address = {};

	if (!socket)
		return {};
	if (socket->sa_family == AF_INET6) {
		memcpy(address.data(), &reinterpret_cast<const sockaddr_in6 *>(socket)->sin6_addr, 16);
		return address;
	}
	if (socket->sa_family != AF_INET)
		return {};
	address[10] = address[11] = 0xff;
	memcpy(&address[12], &reinterpret_cast<const sockaddr_in *>(socket)->sin_addr, 4);
	return address;
}

Result<Surroundings> read_surroundings(const std::optional<std::string> &netns)
{
	auto scope = NetnsScope::enter(netns);
	if (!scope)
		return scope.failure();
	Surroundings found = {};
	ifaddrs *list = nullptr;
	if (getifaddrs(&list) != 0)
		return system_failure(errno, "list the own addresses");
	std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, freeifaddrs);
	for (const ifaddrs *entry = list; entry; entry = entry->ifa_next)
		if (auto address = address_of(entry->ifa_addr))
			found.addresses.insert(*address);
	std::ifstream range("/proc/sys/net/ipv4/ip_local_port_range");
	if (!(range >> found.ephemeral_low >> found.ephemeral_high))
		return Failure{ "EIO", "read net.ipv4.ip_local_port_range", "it cannot be read",
				"Mount /proc." };
	return found;
}

Status write_own_addresses(int map, const __u64 secret[SECRET_WORDS], const std::set<Address> &addresses)
{
	const uint32_t zero = 0;
	std::vector<uint64_t> table(OWN_BUCKETS * OWN_WAYS);

	for (const Address &address : addresses) {
		const uint64_t word = word_of(secret, address);
		uint64_t *bucket = &table[own_bucket(word)];
		uint64_t *place = std::find(bucket, bucket + OWN_WAYS, 0);

		if (place == bucket + OWN_WAYS)
			return Failure{ "ENOSPC", "tell the kernel program its own addresses",
					"the namespace has too many, " + std::to_string(addresses.size()),
					"Watch fewer addresses with one sensor: up to about 2 000 fit." };
		*place = word;
	}
	if (bpf_map_update_elem(map, &zero, table.data(), BPF_ANY) != 0)
		return system_failure(errno, "tell the kernel program its own addresses");
	return {};
}

} // namespace ticker
