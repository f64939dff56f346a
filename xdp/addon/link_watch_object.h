#pragma once

#include <memory>

#include <napi.h>

#include "link_watch.h"

namespace ticker
{

/** LinkWatch of addon.d.ts. */
class LinkWatchObject : public Napi::ObjectWrap<LinkWatchObject>
{
public:
	static Napi::Function define(Napi::Env env);
	explicit LinkWatchObject(const Napi::CallbackInfo &info);

private:
	Napi::Value names(const Napi::CallbackInfo &info);
	Napi::Value on_change(const Napi::CallbackInfo &info);
	Napi::Value arm(const Napi::CallbackInfo &info);
	Napi::Value ref(const Napi::CallbackInfo &info);
	Napi::Value unref(const Napi::CallbackInfo &info);
	Napi::Value close(const Napi::CallbackInfo &info);

	/** When it is closed or the arguments are wrong, an exception is pending. */
	bool ready(Napi::Env env, const char *action, const Status &arguments = {});
	Watch *watcher(Napi::Env env, const char *action);

	std::unique_ptr<LinkWatch> links_; /* null: closed */
};

} // namespace ticker
