#include "epoch.h"

#include <bpf/bpf.h>
#include <sys/random.h>
#include <time.h>

#include <cerrno>

namespace ticker
{

static constexpr uint32_t KEY = 0;

static uint32_t ticks_per_second_x1000();

Result<struct epoch> draw_epoch(uint32_t max_sources)
{
	struct epoch epoch = {};

	if (getrandom(&epoch.id, sizeof epoch.id, 0) != sizeof epoch.id ||
	    getrandom(epoch.secret, sizeof epoch.secret, 0) != sizeof epoch.secret)
		return system_failure(errno, "draw a random epoch");
	epoch.max_sources = max_sources;
	epoch.layout = LAYOUT_VERSION;
	epoch.ticks_per_second_x1000 = ticks_per_second_x1000();
	return epoch;
}

void mark_birth(struct epoch &epoch, uint64_t tick)
{
	timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	epoch.born_tick = tick;
	epoch.born_time = now.tv_sec * 1000ULL + now.tv_nsec / 1'000'000;
}

Result<struct epoch> read_epoch(int map)
{
	struct epoch epoch;

	if (bpf_map_lookup_elem(map, &KEY, &epoch) != 0)
		return system_failure(errno, "read the pinned epoch");
	return epoch;
}

Status write_epoch(int map, const struct epoch &epoch)
{
	if (bpf_map_update_elem(map, &KEY, &epoch, BPF_ANY) != 0)
		return system_failure(errno, "write the epoch");
	return {};
}

/** The coarse clock advances once a jiffy, so its resolution tells HZ. */
static uint32_t ticks_per_second_x1000()
{
	timespec jiffy;

	clock_getres(CLOCK_MONOTONIC_COARSE, &jiffy);
	uint32_t hz = (1'000'000'000 + jiffy.tv_nsec / 2) / jiffy.tv_nsec;
	return hz * 1000 >> TICK_SHIFT;
}

} // namespace ticker
