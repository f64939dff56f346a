#include "surroundings.h"

#include <bpf/bpf.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

#include "event.h"
#include "netns.h"

namespace ticker
{

static_assert(sizeof(Address) == sizeof(struct address_key), "the map's key");

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

Status write_own_addresses(int map, const std::set<Address> &addresses)
{
	const uint8_t present = 1;
	std::set<Address> stale;
	Address key, next;

	for (Address *at = nullptr; bpf_map_get_next_key(map, at, &next) == 0; at = &key) {
		key = next;
		if (!addresses.count(key))
			stale.insert(key);
	}
	for (const Address &address : stale)
		bpf_map_delete_elem(map, &address);
	for (const Address &address : addresses)
		if (bpf_map_update_elem(map, &address, &present, BPF_ANY) != 0)
			return system_failure(errno, "tell the kernel program its own addresses");
	return {};
}

} // namespace ticker
