/** The identity of a table and its events: struct epoch in event.h. */
#pragma once

#include "error.h"
#include "event.h"

namespace ticker
{

/** A new one, not born yet: tick and time are 0. */
Result<struct epoch> draw_epoch(uint32_t max_sources);

/** Notes the kernel's tick and the wall clock, to be called right after the tick was read. */
void mark_birth(struct epoch &epoch, uint64_t tick);

Result<struct epoch> read_epoch(int map);
[[nodiscard]] Status write_epoch(int map, const struct epoch &epoch);

} // namespace ticker
