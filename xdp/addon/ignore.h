#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <vector>

#include "error.h"

namespace ticker
{

/** Family (4 or 6), length in bits, address in 16 bytes (IPv4 in the first 4); bits behind the length are 0. */
using Prefix = std::array<uint8_t, 18>;

/**
 * The list of sources that are not counted: the kernel's two tries, and a copy in order, because a trie answers
 * only which prefix covers an address, never whether it has this very one.
 */
class Ignore
{
public:
	/** Takes over what the tries hold. */
	static Result<Ignore> open(int trie4, int trie6);

	/** Adds those that are new; none when they would be too many in all. */
	[[nodiscard]] Status add(const std::vector<Prefix> &prefixes);
	/** Removes those that are there. */
	[[nodiscard]] Status remove(const std::vector<Prefix> &prefixes);

	const std::set<Prefix> &list() const { return list_; }
	bool has(uint8_t family) const;

private:
	Ignore(int trie4, int trie6) : trie4_(trie4), trie6_(trie6) {}
	int trie(uint8_t family) const { return family == 4 ? trie4_ : trie6_; }

	int trie4_;
	int trie6_;
	std::set<Prefix> list_;
};

/** Prefixes from packed bytes, with the bits behind the length cleared. */
Result<std::vector<Prefix>> unpack_prefixes(const uint8_t *bytes, size_t size);

} // namespace ticker
