#include "sensor_object.h"

#include <cinttypes>
#include <cstdio>
#include <cstring>

#include "arguments.h"
#include "instance.h"
#include "ring_object.h"

namespace ticker
{

static Sensor::Options read_options(Arguments &arguments, Napi::Value value);
static struct settings read_settings(Arguments &arguments, Napi::Value value);
static Mode read_mode(Arguments &arguments, Napi::Value value);
static Napi::Object attachment_object(Napi::Env env, const Attachment &attachment);

Napi::Function SensorObject::define(Napi::Env env)
{
	return DefineClass(env, "Sensor",
			   {
				   InstanceAccessor<&SensorObject::epoch>("epoch"),
				   InstanceMethod<&SensorObject::attach>("attach"),
				   InstanceMethod<&SensorObject::detach>("detach"),
				   InstanceMethod<&SensorObject::attachments>("attachments"),
				   InstanceMethod<&SensorObject::write_settings>("writeSettings"),
				   InstanceMethod<&SensorObject::ignore_add>("ignoreAdd"),
				   InstanceMethod<&SensorObject::ignore_remove>("ignoreRemove"),
				   InstanceMethod<&SensorObject::ignore_list>("ignoreList"),
				   InstanceMethod<&SensorObject::statistics>("statistics"),
				   InstanceMethod<&SensorObject::counters>("counters"),
				   InstanceMethod<&SensorObject::tick>("tick"),
				   InstanceMethod<&SensorObject::open_ring>("openRing"),
				   InstanceMethod<&SensorObject::collect>("collect"),
				   InstanceMethod<&SensorObject::settle>("settle"),
				   InstanceMethod<&SensorObject::find>("find"),
				   InstanceMethod<&SensorObject::source_count>("sourceCount"),
				   InstanceMethod<&SensorObject::test_run>("testRun"),
				   InstanceMethod<&SensorObject::unpin>("unpin"),
				   InstanceMethod<&SensorObject::close>("close"),
			   });
}

SensorObject::SensorObject(const Napi::CallbackInfo &info) : Napi::ObjectWrap<SensorObject>(info)
{
	Arguments arguments("open the sensor");
	Sensor::Options options = read_options(arguments, info[0]);

	if (arguments.failure()) {
		throw_failure(info.Env(), *arguments.failure());
		return;
	}
	auto sensor = Sensor::open(options);
	if (sensor)
		sensor_ = std::move(*sensor);
	else
		throw_failure(info.Env(), sensor.failure());
}

static bool is_power_of_two(uint64_t number) { return number && !(number & (number - 1)); }

static Sensor::Options read_options(Arguments &arguments, Napi::Value value)
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

Napi::Value SensorObject::epoch(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	if (!ready(env, "read the epoch"))
		return env.Undefined();
	const struct epoch &epoch = sensor_->epoch();
	auto object = Napi::Object::New(env);
	char id[17];

	snprintf(id, sizeof id, "%016" PRIx64, static_cast<uint64_t>(epoch.id));
	object.Set("id", id);
	object.Set("bornTick", static_cast<double>(epoch.born_tick));
	object.Set("bornTime", static_cast<double>(epoch.born_time));
	object.Set("ticksPerSecond", epoch.ticks_per_second_x1000 / 1000.0);
	object.Set("maxSources", epoch.max_sources);
	object.Set("resumed", sensor_->resumed());
	return object;
}

Napi::Value SensorObject::attach(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	Arguments arguments("attach a device");
	std::string device = arguments.text(info[0], "device");
	Mode mode = read_mode(arguments, info[1]);
	if (!ready(env, "attach a device", arguments.failure()))
		return env.Undefined();
	auto attachment = sensor_->attach(device, mode);
	if (!attachment)
		return throw_failure(env, attachment.failure());
	return attachment_object(env, *attachment);
}

static Mode read_mode(Arguments &arguments, Napi::Value value)
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

static Napi::Object attachment_object(Napi::Env env, const Attachment &attachment)
{
	auto object = Napi::Object::New(env);

	object.Set("device", attachment.device);
	object.Set("ifindex", attachment.ifindex);
	object.Set("mode", attachment.mode == Mode::Skb ? "skb" : "driver");
	object.Set("programId", attachment.program_id);
	return object;
}

Napi::Value SensorObject::detach(const Napi::CallbackInfo &info)
{
	Arguments arguments("detach a device");
	std::string device = arguments.text(info[0], "device");
	if (!ready(info.Env(), "detach a device", arguments.failure()))
		return info.Env().Undefined();
	if (auto failure = sensor_->links().detach(device))
		return throw_failure(info.Env(), *failure);
	return info.Env().Undefined();
}

Napi::Value SensorObject::attachments(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	if (!ready(env, "list the attachments"))
		return env.Undefined();
	auto attachments = sensor_->links().list();
	if (!attachments)
		return throw_failure(env, attachments.failure());
	auto array = Napi::Array::New(env);
	for (const Attachment &attachment : *attachments)
		array.Set(array.Length(), attachment_object(env, attachment));
	return array;
}

Napi::Value SensorObject::write_settings(const Napi::CallbackInfo &info)
{
	Arguments arguments("write the settings");
	struct settings settings = read_settings(arguments, info[0]);
	if (ready(info.Env(), "write the settings", arguments.failure()))
		sensor_->settings().write(settings);
	return info.Env().Undefined();
}

static struct settings read_settings(Arguments &arguments, Napi::Value value)
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

Napi::Value SensorObject::ignore_add(const Napi::CallbackInfo &info)
{
	return change_ignored(info, "add to the ignore list", &Sensor::ignore_add);
}

Napi::Value SensorObject::ignore_remove(const Napi::CallbackInfo &info)
{
	return change_ignored(info, "remove from the ignore list", &Sensor::ignore_remove);
}

Napi::Value SensorObject::change_ignored(const Napi::CallbackInfo &info, const char *action, Change change)
{
	Napi::Env env = info.Env();
	Arguments arguments(action);
	Bytes packed = arguments.bytes(info[0], "prefixes");
	if (!ready(env, action, arguments.failure()))
		return env.Undefined();
	auto prefixes = unpack_prefixes(packed.data, packed.size);
	if (!prefixes)
		return throw_failure(env, prefixes.failure());
	if (auto failure = ((*sensor_).*change)(*prefixes))
		return throw_failure(env, *failure);
	return env.Undefined();
}

Napi::Value SensorObject::ignore_list(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	if (!ready(env, "list the ignore list"))
		return env.Undefined();
	const auto &list = sensor_->ignore().list();
	auto packed = Napi::Uint8Array::New(env, list.size() * sizeof(Prefix));
	uint8_t *into = packed.Data();
	for (const Prefix &prefix : list) {
		memcpy(into, prefix.data(), sizeof prefix);
		into += sizeof prefix;
	}
	return packed;
}

Napi::Value SensorObject::statistics(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	if (!ready(env, "read the statistics"))
		return env.Undefined();
	auto sums = sensor_->statistics();
	if (!sums)
		return throw_failure(env, sums.failure());
	auto array = Napi::Float64Array::New(env, sums->size());
	for (size_t at = 0; at < sums->size(); at++)
		array[at] = static_cast<double>((*sums)[at]);
	return array;
}

Napi::Value SensorObject::counters(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	if (!ready(env, "read the counters"))
		return env.Undefined();
	struct counters counters = sensor_->counters();
	auto object = Napi::Object::New(env);
	object.Set("sequence", static_cast<double>(counters.sequence));
	object.Set("drops", static_cast<double>(counters.drops));
	return object;
}

Napi::Value SensorObject::tick(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	if (!ready(env, "read the kernel's tick"))
		return env.Undefined();
	auto tick = sensor_->program().tick();
	if (!tick)
		return throw_failure(env, tick.failure());
	return Napi::Number::New(env, static_cast<double>(*tick));
}

Napi::Value SensorObject::open_ring(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	if (!ready(env, "open the ring"))
		return env.Undefined();
	auto ring = sensor_->open_ring();
	if (!ring)
		return throw_failure(env, ring.failure());
	Napi::Function constructor = env.GetInstanceData<Instance>()->ring.Value();
	return RingObject::wrap(constructor, *ring, info.This().As<Napi::Object>());
}

Napi::Value SensorObject::collect(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	Arguments arguments("collect from the table");
	Bytes into = arguments.bytes(info[0], "into", sizeof(Entry));
	uint32_t from = arguments.number(info[1], "from", UINT32_MAX);
	uint32_t limit = arguments.number(info[2], "limit", UINT32_MAX);
	uint32_t threshold = arguments.number(info[3], "threshold", UINT32_MAX);
	if (!ready(env, "collect from the table", arguments.failure()))
		return env.Undefined();
	auto collected =
		sensor_->table().collect(into.data, into.size / sizeof(Entry), from, limit, threshold);
	auto object = Napi::Object::New(env);
	object.Set("entries", static_cast<double>(collected.entries));
	object.Set("next", collected.next);
	return object;
}

Napi::Value SensorObject::settle(const Napi::CallbackInfo &info)
{
	Arguments arguments("settle entries of the table");
	uint32_t count = arguments.number(info[1], "count", UINT32_MAX);
	Bytes entries = arguments.bytes(info[0], "entries", count * sizeof(Entry));
	if (!ready(info.Env(), "settle entries of the table", arguments.failure()))
		return info.Env().Undefined();
	for (uint32_t at = 0; at < count; at++) {
		Entry entry; /* a copy: the bytes may lie at any address */
		memcpy(&entry, entries.data + at * sizeof entry, sizeof entry);
		sensor_->table().settle(entry);
	}
	return info.Env().Undefined();
}

Napi::Value SensorObject::find(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	Arguments arguments("find a source");
	Bytes address = arguments.bytes(info[0], "address", 16);
	if (!ready(env, "find a source", arguments.failure()))
		return env.Undefined();
	auto entry = sensor_->table().find(address.data);
	if (!entry)
		return env.Null();
	auto bytes = Napi::Uint8Array::New(env, sizeof *entry);
	memcpy(bytes.Data(), &*entry, sizeof *entry);
	return bytes;
}

Napi::Value SensorObject::source_count(const Napi::CallbackInfo &info)
{
	if (!ready(info.Env(), "count the sources"))
		return info.Env().Undefined();
	return Napi::Number::New(info.Env(), sensor_->table().count());
}

Napi::Value SensorObject::test_run(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	Arguments arguments("run the kernel program");
	Bytes frame = arguments.bytes(info[0], "frame");
	uint32_t repeat = info[1].IsUndefined() ? 1 : arguments.number(info[1], "repeat", INT32_MAX);
	if (!ready(env, "run the kernel program", arguments.failure()))
		return env.Undefined();
	auto run = sensor_->program().run(frame.data, frame.size, repeat);
	if (!run)
		return throw_failure(env, run.failure());
	auto object = Napi::Object::New(env);
	object.Set("verdict", run->verdict);
	object.Set("nanoseconds", run->nanoseconds);
	return object;
}

Napi::Value SensorObject::unpin(const Napi::CallbackInfo &info)
{
	if (!ready(info.Env(), "remove the pins"))
		return info.Env().Undefined();
	if (auto failure = sensor_->unpin())
		return throw_failure(info.Env(), *failure);
	return info.Env().Undefined();
}

Napi::Value SensorObject::close(const Napi::CallbackInfo &info)
{
	sensor_.reset();
	return info.Env().Undefined();
}

bool SensorObject::ready(Napi::Env env, const char *action, const Status &arguments)
{
	if (!sensor_)
		throw_failure(env, { "ECLOSED", action, "the sensor is closed", "Open it again." });
	else if (arguments)
		throw_failure(env, *arguments);
	else
		return true;
	return false;
}

} // namespace ticker
