#pragma once

#include <napi.h>
#include <uv.h>

#include "error.h"

namespace ticker
{

/**
 * Calls a JavaScript function when a file descriptor becomes readable, once for each arm(): a level-triggered
 * poll that stayed on would spin for as long as anything is not acknowledged.
 *
 * libuv owns the handle until its close callback has run, so a Watch deletes itself there, whoever ends first:
 * its owner by stop(), or the environment (worker terminated, process exit) by the cleanup hook, which then
 * tells the owner through `owner`. It keeps `receiver`, the object that JavaScript sees, alive until it stops.
 */
class Watch
{
public:
	/** Starts disarmed and puts itself into *owner. */
	[[nodiscard]] static Status start(Napi::Object receiver, Napi::Function callback, int fd,
					  Watch **owner);

	void arm();
	void ref();
	void unref();
	void stop();

private:
	explicit Watch(napi_env env) : env_(env) {}
	static void on_readable(uv_poll_t *poll, int status, int events);
	static void on_environment_end(napi_async_cleanup_hook_handle hook, void *watch);
	static void on_closed(uv_handle_t *handle);
	uv_handle_t *handle() { return reinterpret_cast<uv_handle_t *>(&poll_); }

	napi_env env_;
	uv_poll_t poll_ = {};
	Watch **owner_ = nullptr;
	napi_ref callback_ = nullptr;
	napi_ref receiver_ = nullptr;
	napi_async_context context_ = nullptr;
	napi_async_cleanup_hook_handle hook_ = nullptr;
};

} // namespace ticker
