/* Long, because every method that JavaScript can call is one here: each reads its arguments, calls Sensor, makes values. */
#include "sensor_object.h"

#include <cstring>

#include "arguments.h"
#include "convert.h"
#include "instance.h"
#include "ring_object.h"

namespace ticker
{

Napi::Function SensorObject::define(Napi::Env env)
{
	return DefineClass(env, "Sensor",
			   {
				   InstanceAccessor<&SensorObject::epoch>("epoch"),
				   InstanceMethod<&SensorObject::attach>("attach"),
				   InstanceMethod<&SensorObject::restore_pins>("restorePins"),
				   InstanceMethod<&SensorObject::detach>("detach"),
				   InstanceMethod<&SensorObject::attachments>("attachments"),
				   InstanceAccessor<&SensorObject::settings>("settings"),
				   InstanceMethod<&SensorObject::write_settings>("writeSettings"),
				   InstanceMethod<&SensorObject::ignore_add>("ignoreAdd"),
				   InstanceMethod<&SensorObject::ignore_remove>("ignoreRemove"),
				   InstanceMethod<&SensorObject::ignore_list>("ignoreList"),
				   InstanceMethod<&SensorObject::refresh_surroundings>("refreshSurroundings"),
				   InstanceMethod<&SensorObject::set_open_ports>("setOpenPorts"),
				   InstanceMethod<&SensorObject::statistics>("statistics"),
				   InstanceMethod<&SensorObject::counters>("counters"),
				   InstanceMethod<&SensorObject::add_drops>("addDrops"),
				   InstanceMethod<&SensorObject::tick>("tick"),
				   InstanceMethod<&SensorObject::open_ring>("openRing"),
				   InstanceMethod<&SensorObject::collect>("collect"),
				   InstanceMethod<&SensorObject::settle>("settle"),
				   InstanceMethod<&SensorObject::find>("find"),
				   InstanceMethod<&SensorObject::source_count>("sourceCount"),
				   InstanceMethod<&SensorObject::forget>("forget"),
				   InstanceMethod<&SensorObject::forget_all>("forgetAll"),
				   InstanceMethod<&SensorObject::test_run>("testRun"),
				   InstanceMethod<&SensorObject::remove_others>("removeOthers"),
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

Napi::Value SensorObject::epoch(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	if (!ready(env, "read the epoch"))
		return env.Undefined();
	return epoch_object(env, sensor_->epoch(), sensor_->resumed());
}

Napi::Value SensorObject::restore_pins(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	if (!ready(env, "look after the pins"))
		return env.Undefined();
	auto restored = sensor_->restore_pins();
	if (!restored)
		return throw_failure(env, restored.failure());
	return Napi::Boolean::New(env, *restored);
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

Napi::Value SensorObject::settings(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	if (!ready(env, "read the settings"))
		return env.Undefined();
	return settings_object(env, sensor_->settings().read());
}

Napi::Value SensorObject::write_settings(const Napi::CallbackInfo &info)
{
	Arguments arguments("write the settings");
	struct settings settings = read_settings(arguments, info[0]);
	if (ready(info.Env(), "write the settings", arguments.failure()))
		sensor_->settings().write(settings);
	return info.Env().Undefined();
}

Napi::Value SensorObject::refresh_surroundings(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	if (!ready(env, "look at the network namespace"))
		return env.Undefined();
	if (auto failure = sensor_->refresh_surroundings())
		return throw_failure(env, *failure);
	return env.Undefined();
}

Napi::Value SensorObject::set_open_ports(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	Arguments arguments("set the open ports");
	Bytes bits = arguments.bytes(info[0], "ports", 65536 / 8);
	if (!ready(env, "set the open ports", arguments.failure()))
		return env.Undefined();
	if (auto failure = sensor_->set_open_ports(bits.data))
		return throw_failure(env, *failure);
	return env.Undefined();
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

Napi::Value SensorObject::add_drops(const Napi::CallbackInfo &info)
{
	Arguments arguments("count drops");
	uint32_t count = arguments.number(info[0], "count", UINT32_MAX);
	if (ready(info.Env(), "count drops", arguments.failure()))
		sensor_->add_drops(count);
	return info.Env().Undefined();
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

Napi::Value SensorObject::forget(const Napi::CallbackInfo &info)
{
	Arguments arguments("forget a source");
	Bytes address = arguments.bytes(info[0], "address", 16);
	if (!ready(info.Env(), "forget a source", arguments.failure()))
		return info.Env().Undefined();
	return Napi::Boolean::New(info.Env(), sensor_->table().forget(address.data));
}

Napi::Value SensorObject::forget_all(const Napi::CallbackInfo &info)
{
	if (ready(info.Env(), "forget all sources"))
		sensor_->table().forget_all();
	return info.Env().Undefined();
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

Napi::Value SensorObject::remove_others(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	if (!ready(env, "remove what other layouts have left"))
		return env.Undefined();
	auto left = sensor_->remove_others();
	if (!left)
		return throw_failure(env, left.failure());
	auto array = Napi::Array::New(env);
	for (const Leftover &leftover : *left)
		array.Set(array.Length(), leftover_object(env, leftover));
	return array;
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
