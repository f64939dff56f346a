#include "settings.h"

#include <cerrno>
#include <cstring>

namespace ticker
{

Result<Settings> Settings::open(int map)
{
	Mapping mapping(map, sizeof(struct settings_pair), PROT_READ | PROT_WRITE);

	if (!mapping)
		return system_failure(errno, "map the settings into memory");
	return Settings(std::move(mapping));
}

struct settings Settings::read() const
{
	auto *pair = mapping_.as<struct settings_pair>();

	return pair->copy[pair->active & 1];
}

void Settings::write(struct settings wanted)
{
	struct settings now = read();

	wanted.ignore4 = now.ignore4;
	wanted.ignore6 = now.ignore6;
	wanted.ephemeral_low = now.ephemeral_low;
	wanted.ephemeral_high = now.ephemeral_high;
	flip(wanted);
}

void Settings::set_ignored(bool ignore4, bool ignore6)
{
	struct settings now = read();

	now.ignore4 = ignore4;
	now.ignore6 = ignore6;
	flip(now);
}

void Settings::set_ephemeral(uint16_t low, uint16_t high)
{
	struct settings now = read();

	now.ephemeral_low = low;
	now.ephemeral_high = high;
	flip(now);
}

void Settings::flip(const struct settings &next)
{
	auto *pair = mapping_.as<struct settings_pair>();
	const __u32 idle = ~pair->active & 1;
	const struct settings now = read();

	if (memcmp(&now, &next, sizeof now) == 0)
		return;
	pair->copy[idle] = next;
	__atomic_store_n(&pair->active, idle, __ATOMIC_RELEASE);
}

} // namespace ticker
