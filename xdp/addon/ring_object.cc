#include "ring_object.h"

#include "arguments.h"

namespace ticker
{

Napi::Function RingObject::define(Napi::Env env)
{
	return DefineClass(env, "Ring",
			   {
				   InstanceMethod<&RingObject::pull>("pull"),
				   InstanceMethod<&RingObject::ack>("ack"),
				   InstanceAccessor<&RingObject::position>("position"),
				   InstanceAccessor<&RingObject::acked>("acked"),
				   InstanceAccessor<&RingObject::used>("used"),
				   InstanceAccessor<&RingObject::size>("size"),
				   InstanceMethod<&RingObject::on_readable>("onReadable"),
				   InstanceMethod<&RingObject::arm>("arm"),
				   InstanceMethod<&RingObject::ref>("ref"),
				   InstanceMethod<&RingObject::unref>("unref"),
				   InstanceMethod<&RingObject::close>("close"),
			   });
}

Napi::Object RingObject::wrap(Napi::Function constructor, std::shared_ptr<Ring> ring, Napi::Object sensor)
{
	Napi::Object object = constructor.New({});
	RingObject *wrapped = Unwrap(object);

	wrapped->ring_ = std::move(ring);
	wrapped->sensor_ = Napi::Persistent(sensor);
	return object;
}

RingObject::~RingObject()
{
	if (ring_)
		ring_->close();
}

Napi::Value RingObject::pull(const Napi::CallbackInfo &info)
{
	Arguments arguments("pull from the ring");
	Bytes into = arguments.bytes(info[0], "into");
	if (!ready(info.Env(), "pull from the ring", arguments.failure()))
		return info.Env().Undefined();
	auto events = ring_->pull(into.data, into.size);
	if (!events)
		return throw_failure(info.Env(), events.failure());
	return Napi::Number::New(info.Env(), *events);
}

Napi::Value RingObject::ack(const Napi::CallbackInfo &info)
{
	constexpr uint64_t MAX_SAFE_INTEGER = (1ULL << 53) - 1;
	Arguments arguments("acknowledge a position of the ring");
	uint64_t position = arguments.number(info[0], "position", MAX_SAFE_INTEGER);
	if (!ready(info.Env(), "acknowledge a position of the ring", arguments.failure()))
		return info.Env().Undefined();
	if (auto failure = ring_->ack(position))
		return throw_failure(info.Env(), *failure);
	return info.Env().Undefined();
}

Napi::Value RingObject::position(const Napi::CallbackInfo &info)
{
	if (!ready(info.Env(), "read the ring's position"))
		return info.Env().Undefined();
	return Napi::Number::New(info.Env(), ring_->position());
}

Napi::Value RingObject::acked(const Napi::CallbackInfo &info)
{
	if (!ready(info.Env(), "read the ring's acknowledged position"))
		return info.Env().Undefined();
	return Napi::Number::New(info.Env(), ring_->acked());
}

Napi::Value RingObject::used(const Napi::CallbackInfo &info)
{
	if (!ready(info.Env(), "read how full the ring is"))
		return info.Env().Undefined();
	return Napi::Number::New(info.Env(), ring_->used());
}

Napi::Value RingObject::size(const Napi::CallbackInfo &info)
{
	if (!ready(info.Env(), "read the ring's size"))
		return info.Env().Undefined();
	return Napi::Number::New(info.Env(), ring_->size());
}

Napi::Value RingObject::on_readable(const Napi::CallbackInfo &info)
{
	Arguments arguments("watch the ring");
	if (!info[0].IsFunction())
		arguments.refuse("callback", "a function");
	if (!ready(info.Env(), "watch the ring", arguments.failure()))
		return info.Env().Undefined();
	if (auto failure = ring_->watch(info.This().As<Napi::Object>(), info[0].As<Napi::Function>()))
		return throw_failure(info.Env(), *failure);
	return info.Env().Undefined();
}

Napi::Value RingObject::arm(const Napi::CallbackInfo &info)
{
	if (Watch *watch = watcher(info.Env(), "arm the ring"))
		watch->arm();
	return info.Env().Undefined();
}

Napi::Value RingObject::ref(const Napi::CallbackInfo &info)
{
	if (Watch *watch = watcher(info.Env(), "ref the ring"))
		watch->ref();
	return info.Env().Undefined();
}

Napi::Value RingObject::unref(const Napi::CallbackInfo &info)
{
	if (Watch *watch = watcher(info.Env(), "unref the ring"))
		watch->unref();
	return info.Env().Undefined();
}

Napi::Value RingObject::close(const Napi::CallbackInfo &info)
{
	if (ring_)
		ring_->close();
	ring_.reset();
	sensor_.Reset();
	return info.Env().Undefined();
}

bool RingObject::ready(Napi::Env env, const char *action, const Status &arguments)
{
	if (!ring_ || !ring_->is_open())
		throw_failure(env, { "ECLOSED", action, "the ring is closed", "Open it again." });
	else if (arguments)
		throw_failure(env, *arguments);
	else
		return true;
	return false;
}

Watch *RingObject::watcher(Napi::Env env, const char *action)
{
	if (!ready(env, action))
		return nullptr;
	if (!ring_->watcher())
		throw_failure(env, { "EINVAL", action, "it has no callback", "Call onReadable first." });
	return ring_->watcher();
}

} // namespace ticker
