/** The addon as JavaScript loads it: Addon of addon.d.ts. */
#include <bpf/libbpf.h>
#include <napi.h>

#include "arguments.h"
#include "instance.h"
#include "layout.h"
#include "link_watch_object.h"
#include "remove.h"
#include "ring_object.h"
#include "sensor_object.h"

namespace ticker
{

static Napi::Value remove(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	Arguments arguments("remove what is pinned");
	Napi::Object options = arguments.object(info[0], "options");
	std::string pin_directory = arguments.text(options.Get("pinDirectory"), "pinDirectory");
	std::optional<std::string> device;
	if (Napi::Value name = options.Get("device"); !name.IsUndefined())
		device = arguments.text(name, "device");
	if (arguments.failure())
		return throw_failure(env, *arguments.failure());

	auto devices = remove_sensor(pin_directory, device);
	if (!devices)
		return throw_failure(env, devices.failure());
	auto array = Napi::Array::New(env);
	for (const std::string &name : *devices)
		array.Set(array.Length(), name);
	return array;
}

static Napi::Object initialise(Napi::Env env, Napi::Object exports)
{
	libbpf_set_print(nullptr); /* it would write to stderr; failures carry what there is to say */

	auto shapes = layout(env);
	if (!shapes) {
		throw_failure(env, shapes.failure());
		return exports;
	}
	env.SetInstanceData(new Instance{ Napi::Persistent(RingObject::define(env)) });
	exports.Set("layout", *shapes);
	exports.Set("Sensor", SensorObject::define(env));
	exports.Set("LinkWatch", LinkWatchObject::define(env));
	exports.Set("remove", Napi::Function::New(env, remove, "remove"));
	return exports;
}

NODE_API_MODULE(port_ticker, initialise)

} // namespace ticker
