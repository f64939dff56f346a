#pragma once

#include <cstdint>
#include <optional>

#include "error.h"
#include "event.h"
#include "handle.h"

namespace ticker
{

/** A source and where it was found; crosses to JavaScript as it is. */
struct Entry {
	uint32_t slot;
	uint32_t reserved;
	struct source source;
};
static_assert(sizeof(Entry) == 72, "as addon.d.ts has it");

/** The source table, mapped into memory: the kernel writes it while it is read here. */
class Table
{
public:
	static Result<Table> open(int heads, int sources, uint32_t max_sources);

	struct Collected {
		size_t entries;
		uint32_t next;
	};
	/** Writes entries, at any alignment, of sources whose count is above the threshold and not published. */
	Collected collect(uint8_t *into, size_t capacity, uint32_t from, uint32_t limit,
			  uint32_t threshold) const;
	/** Marks an entry's count as published, unless its source has begun a new episode or been reported since. */
	void settle(const Entry &entry);
	std::optional<Entry> find(const uint8_t address[16]) const;
	uint32_t count() const;
	/**
	 * Empties the place of a source: its next packet is a newcomer's. Safe while the kernel counts. False when it
	 * has no place.
	 */
	bool forget(const uint8_t address[16]);
	void forget_all();

private:
	Table(Mapping heads, Mapping sources, uint32_t max_sources)
		: heads_(std::move(heads)), sources_(std::move(sources)), max_sources_(max_sources)
	{
	}
	bool is_used(uint32_t slot) const;
	bool is_at(uint32_t slot, const uint8_t address[16]) const;
	void empty(uint32_t slot);
	bool read(uint32_t slot, Entry &entry) const;

	Mapping heads_;
	Mapping sources_;
	uint32_t max_sources_;
};

} // namespace ticker
