#include "convert.h"

#include <unistd.h>

#include <cinttypes>
#include <cstdio>

namespace ticker
{

static bool is_power_of_two(uint64_t number) { return number && !(number & (number - 1)); }

Sensor::Options read_options(Arguments &arguments, Napi::Value value)
{
	/* the verifier follows offsets into a map up to 2^29 bytes: 2^23 sources */
	constexpr uint32_t MIN_SOURCES = 4096, MAX_SOURCES = 8 << 20, MAX_RING = 1 << 30;
	const uint32_t page = sysconf(_SC_PAGESIZE);
	Napi::Object object = arguments.object(value, "options");
	Sensor::Options options;

	options.pin_directory = arguments.text(object.Get("pinDirectory"), "pinDirectory");
	options.max_sources = arguments.number(object.Get("maxSources"), "maxSources", MAX_SOURCES);
	options.ring_bytes = arguments.number(object.Get("ringBytes"), "ringBytes", MAX_RING);
	if (Napi::Value netns = object.Get("netns"); !netns.IsUndefined())
		options.netns = arguments.text(netns, "netns");

	if (options.pin_directory.empty())
		arguments.refuse("pinDirectory", "the path of a directory");
	if (!is_power_of_two(options.max_sources) || options.max_sources < MIN_SOURCES)
		arguments.refuse("maxSources", "a power of two from 4096 to 8388608");
	if (!is_power_of_two(options.ring_bytes) || options.ring_bytes < page)
		arguments.refuse("ringBytes",
				 "a power of two from " + std::to_string(page) + " to 1073741824");
	return options;
}

struct settings read_settings(Arguments &arguments, Napi::Value value)
{
	Napi::Object object = arguments.object(value, "settings");
	struct settings settings = {};

	settings.threshold = arguments.number(object.Get("threshold"), "threshold", UINT32_MAX);
	/* the kernel compares a difference of ticks as a signed number */
	settings.idle_ticks = arguments.number(object.Get("idleTicks"), "idleTicks", INT32_MAX);
	settings.icmp_enable = arguments.flag(object.Get("icmpEnable"), "icmpEnable");
	settings.count_all = arguments.flag(object.Get("countAll"), "countAll");
	return settings;
}

Mode read_mode(Arguments &arguments, Napi::Value value)
{
	std::string mode = arguments.text(value, "mode");

	if (mode == "skb")
		return Mode::Skb;
	if (mode == "driver")
		return Mode::Driver;
	if (mode != "auto")
		arguments.refuse("mode", "auto, driver or skb");
	return Mode::Auto;
}

Napi::Object epoch_object(Napi::Env env, const struct epoch &epoch, bool resumed)
{
	auto object = Napi::Object::New(env);
	char id[17];

	snprintf(id, sizeof id, "%016" PRIx64, static_cast<uint64_t>(epoch.id));
	object.Set("id", id);
	object.Set("bornTick", static_cast<double>(epoch.born_tick));
	object.Set("bornTime", static_cast<double>(epoch.born_time));
	object.Set("ticksPerSecond", epoch.ticks_per_second_x1000 / 1000.0);
	object.Set("maxSources", epoch.max_sources);
	object.Set("resumed", resumed);
	return object;
}

Napi::Object settings_object(Napi::Env env, const struct settings &settings)
{
	auto object = Napi::Object::New(env);

	object.Set("threshold", settings.threshold);
	object.Set("idleTicks", settings.idle_ticks);
	object.Set("icmpEnable", Napi::Boolean::New(env, settings.icmp_enable));
	object.Set("countAll", Napi::Boolean::New(env, settings.count_all));
	return object;
}

Napi::Object attachment_object(Napi::Env env, const Attachment &attachment)
{
	auto object = Napi::Object::New(env);

	object.Set("device", attachment.device);
	object.Set("ifindex", attachment.ifindex);
	object.Set("mode", attachment.mode == Mode::Skb ? "skb" : "driver");
	object.Set("programId", attachment.program_id);
	object.Set("linkId", attachment.link_id);
	return object;
}

Napi::Object leftover_object(Napi::Env env, const Leftover &leftover)
{
	auto object = Napi::Object::New(env);
	auto devices = Napi::Array::New(env);

	for (const std::string &device : leftover.devices)
		devices.Set(devices.Length(), device);
	object.Set("path", leftover.path);
	object.Set("devices", devices);
	object.Set("undelivered", static_cast<double>(leftover.undelivered));
	return object;
}

} // namespace ticker
