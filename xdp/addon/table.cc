#include "table.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "untold.h"

namespace ticker
{

Result<Table> Table::open(int heads, int sources, uint32_t max_sources)
{
	Mapping mapped_heads(heads, max_sources * sizeof(struct head), PROT_READ | PROT_WRITE);
	if (!mapped_heads)
		return system_failure(errno, "map the table's heads into memory");
	Mapping mapped_sources(sources, max_sources * sizeof(struct source), PROT_READ | PROT_WRITE);
	if (!mapped_sources)
		return system_failure(errno, "map the table's sources into memory");
	return Table(std::move(mapped_heads), std::move(mapped_sources), max_sources);
}

Table::Collected Table::collect(uint8_t *into, size_t capacity, uint32_t from, uint32_t limit,
				uint32_t threshold) const
{
	const auto *sources = sources_.as<struct source>();
	uint32_t slot = std::min(from, max_sources_);
	uint32_t end = slot + std::min(limit, max_sources_ - slot);
	size_t entries = 0;

	for (; slot < end && entries < capacity; slot++) {
		const struct source &source = sources[slot];

		if (!is_used(slot) || !is_unpublished(&source, threshold))
			continue;
		Entry entry;
		if (read(slot, entry) && is_unpublished(&entry.source, threshold))
			memcpy(into + entries++ * sizeof entry, &entry, sizeof entry);
	}
	return { entries, slot };
}

void Table::settle(const Entry &entry)
{
	if (entry.slot >= max_sources_)
		return;
	struct source &source = sources_.as<struct source>()[entry.slot];
	auto is_same = [&] {
		return memcmp(source.address, entry.source.address, sizeof source.address) == 0 &&
		       __atomic_load_n(&source.first, __ATOMIC_ACQUIRE) == entry.source.first;
	};
	__u32 reported = entry.source.reported, changes = entry.source.changes;

	const uint8_t told = untold_verdicts(&entry.source);
	if (told && is_same()) {
		__atomic_fetch_or(&source.flags, told, __ATOMIC_SEQ_CST);
		/* a newcomer in between has no verdict; one that it has reached by now is told once more */
		if (!is_same())
			__atomic_fetch_and(&source.flags, static_cast<uint8_t>(~told), __ATOMIC_SEQ_CST);
	}
	if (!is_same() || !__atomic_compare_exchange_n(&source.reported, &reported, changes, false,
						       __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return;
	/* a newcomer between the comparison and the swap: nothing of it was published */
	if (!is_same())
		__atomic_compare_exchange_n(&source.reported, &changes, 0, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED);
}

std::optional<Entry> Table::find(const uint8_t address[16]) const
{
	Entry entry;

	for (uint32_t slot = 0; slot < max_sources_; slot++)
		if (is_at(slot, address) && read(slot, entry))
			return entry;
	return {};
}

bool Table::forget(const uint8_t address[16])
{
	bool is_found = false;

	/* all of them: two CPUs that met on a newcomer may have given it a second place for a moment */
	for (uint32_t slot = 0; slot < max_sources_; slot++) {
		if (!is_at(slot, address))
			continue;
		empty(slot);
		is_found = true;
	}
	return is_found;
}

void Table::forget_all()
{
	for (uint32_t slot = 0; slot < max_sources_; slot++)
		if (is_used(slot))
			empty(slot);
}

bool Table::is_at(uint32_t slot, const uint8_t address[16]) const
{
	const struct source &source = sources_.as<struct source>()[slot];

	return is_used(slot) && memcmp(source.address, address, sizeof source.address) == 0;
}

/*
 * Takes the tag away, by which the kernel finds a source. A packet that has found it before counts into a place
 * that is nobody's; whoever is admitted next begins anew there.
 */
void Table::empty(uint32_t slot)
{
	__atomic_store_n(&heads_.as<struct head>()[slot].tag, 0, __ATOMIC_SEQ_CST);
}

uint32_t Table::count() const
{
	uint32_t used = 0;

	for (uint32_t slot = 0; slot < max_sources_; slot++)
		used += is_used(slot);
	return used;
}

bool Table::is_used(uint32_t slot) const
{
	return __atomic_load_n(&heads_.as<struct head>()[slot].tag, __ATOMIC_RELAXED) != 0;
}

/**
 * Copies word by word, in order. False when the slot went to another source or episode meanwhile: the kernel takes
 * the count back before it writes `first`, which therefore has to be the same before the count is read and after.
 */
bool Table::read(uint32_t slot, Entry &entry) const
{
	constexpr size_t WORDS = sizeof(struct source) / sizeof(uint64_t);
	const uint64_t *shared = sources_.as<uint64_t>() + slot * WORDS;
	const auto *source = sources_.as<struct source>() + slot;
	const __u32 first = __atomic_load_n(&source->first, __ATOMIC_ACQUIRE);
	uint64_t words[WORDS];

	for (size_t word = 0; word < WORDS; word++)
		words[word] = __atomic_load_n(shared + word, __ATOMIC_ACQUIRE);
	entry.slot = slot;
	entry.reserved = 0;
	// cppcheck-suppress uninitvar ; WORDS is more than 0
	memcpy(&entry.source, words, sizeof words);
	return first == entry.source.first &&
	       memcmp(source->address, entry.source.address, sizeof source->address) == 0 &&
	       __atomic_load_n(&source->first, __ATOMIC_ACQUIRE) == first;
}

} // namespace ticker
