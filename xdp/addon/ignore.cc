#include "ignore.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "event.h"

namespace ticker
{

/** A trie's key: struct ignore4_key and struct ignore6_key differ only in the length of the address. */
struct Key {
	uint32_t bits;
	uint8_t address[16];
};
static_assert(sizeof(Key) == sizeof(struct ignore6_key), "one shape for both");

static constexpr size_t FAMILY = 0, BITS = 1, ADDRESS = 2;

static size_t address_size(uint8_t family) { return family == 4 ? 4 : 16; }

static Key key_of(const Prefix &prefix)
{
	Key key = { prefix[BITS], {} };

	memcpy(key.address, &prefix[ADDRESS], sizeof key.address);
	return key;
}

static Prefix prefix_of(uint8_t family, const Key &key)
{
	Prefix prefix = { family, static_cast<uint8_t>(key.bits) };

	memcpy(&prefix[ADDRESS], key.address, address_size(family));
	return prefix;
}

static Status read_trie(int trie, uint8_t family, std::set<Prefix> &into)
{
	Key key, next;

	for (Key *at = nullptr; bpf_map_get_next_key(trie, at, &next) == 0; at = &key) {
		key = next;
		into.insert(prefix_of(family, key));
	}
	if (errno != ENOENT)
		return system_failure(errno, "read the ignore list");
	return {};
}

Result<Ignore> Ignore::open(int trie4, int trie6)
{
	Ignore ignore(trie4, trie6);

	if (auto failure = read_trie(trie4, 4, ignore.list_))
		return *failure;
	if (auto failure = read_trie(trie6, 6, ignore.list_))
		return *failure;
	return ignore;
}

Status Ignore::add(const std::vector<Prefix> &prefixes)
{
	const uint8_t present = 1;
	std::set<Prefix> fresh;

	for (const Prefix &prefix : prefixes)
		if (!list_.count(prefix))
			fresh.insert(prefix);
	if (list_.size() + fresh.size() > MAX_IGNORE_PREFIXES)
		return Failure{ "ENOSPC",
				"add " + std::to_string(fresh.size()) + " prefixes to the ignore list",
				"it has " + std::to_string(list_.size()) + " of at most " +
					std::to_string(MAX_IGNORE_PREFIXES),
				"Join prefixes into shorter ones, or remove some first." };
	for (const Prefix &prefix : fresh) {
		Key key = key_of(prefix);
		if (bpf_map_update_elem(trie(prefix[FAMILY]), &key, &present, BPF_ANY) != 0)
			return system_failure(errno, "add a prefix to the ignore list");
		list_.insert(prefix);
	}
	return {};
}

Status Ignore::remove(const std::vector<Prefix> &prefixes)
{
	for (const Prefix &prefix : prefixes) {
		Key key = key_of(prefix);
		if (!list_.count(prefix))
			continue;
		if (bpf_map_delete_elem(trie(prefix[FAMILY]), &key) != 0)
			return system_failure(errno, "remove a prefix from the ignore list");
		list_.erase(prefix);
	}
	return {};
}

bool Ignore::has(uint8_t family) const
{
	auto first = list_.lower_bound(Prefix{ family });

	return first != list_.end() && (*first)[FAMILY] == family;
}

static void clear_host_bits(Prefix &prefix)
{
	for (size_t bit = prefix[BITS]; bit < 128; bit++)
		prefix[ADDRESS + bit / 8] &= ~(0x80 >> bit % 8);
}

Result<std::vector<Prefix>> unpack_prefixes(const uint8_t *bytes, size_t size)
{
	std::vector<Prefix> prefixes(size / sizeof(Prefix));
	auto is_valid = [](const Prefix &prefix) {
		return (prefix[FAMILY] == 4 && prefix[BITS] <= 32) ||
		       (prefix[FAMILY] == 6 && prefix[BITS] <= 128);
	};

	memcpy(prefixes.data(), bytes, prefixes.size() * sizeof(Prefix));
	if (size % sizeof(Prefix) != 0 || !std::all_of(prefixes.begin(), prefixes.end(), is_valid))
		return Failure{
			"EINVAL", "read prefixes of the ignore list",
			"they are not entries of 18 bytes: family, length, address",
			"Pack family 4 or 6, a length of at most 32 or 128, and 16 bytes of address."
		};
	std::for_each(prefixes.begin(), prefixes.end(), clear_host_bits);
	return prefixes;
}

} // namespace ticker
