#pragma once

#include <memory>

#include <napi.h>

#include "ring.h"

namespace ticker
{

/** Ring of addon.d.ts. Keeps its sensor alive while it is open. */
class RingObject : public Napi::ObjectWrap<RingObject>
{
public:
	static Napi::Function define(Napi::Env env);
	/** An instance of the class that `define` made. */
	static Napi::Object wrap(Napi::Function constructor, std::shared_ptr<Ring> ring, Napi::Object sensor);

	/** Closed until wrap() gives it a ring. */
	explicit RingObject(const Napi::CallbackInfo &info) : Napi::ObjectWrap<RingObject>(info) {}
	~RingObject() override;

private:
	Napi::Value pull(const Napi::CallbackInfo &info);
	Napi::Value ack(const Napi::CallbackInfo &info);
	Napi::Value position(const Napi::CallbackInfo &info);
	Napi::Value acked(const Napi::CallbackInfo &info);
	Napi::Value used(const Napi::CallbackInfo &info);
	Napi::Value size(const Napi::CallbackInfo &info);
	Napi::Value on_readable(const Napi::CallbackInfo &info);
	Napi::Value arm(const Napi::CallbackInfo &info);
	Napi::Value ref(const Napi::CallbackInfo &info);
	Napi::Value unref(const Napi::CallbackInfo &info);
	Napi::Value close(const Napi::CallbackInfo &info);

	/** When it is closed or the arguments are wrong, an exception is pending. */
	bool ready(Napi::Env env, const char *action, const Status &arguments = {});
	Watch *watcher(Napi::Env env, const char *action);

	std::shared_ptr<Ring> ring_;
	Napi::ObjectReference sensor_;
};

} // namespace ticker
