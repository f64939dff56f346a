#include "watch.h"

namespace ticker
{

Status Watch::start(Napi::Object receiver, Napi::Function callback, int fd, Watch **owner)
{
	Napi::Env env = receiver.Env();
	uv_loop_t *loop = nullptr;
	auto *watch = new Watch(env);

	napi_get_uv_event_loop(env, &loop);
	if (int error = uv_poll_init(loop, &watch->poll_, fd)) {
		delete watch;
		return system_failure(-error, "watch a file descriptor");
	}
	watch->poll_.data = watch;
	napi_create_reference(env, callback, 1, &watch->callback_);
	napi_create_reference(env, receiver, 1, &watch->receiver_);
	napi_async_init(env, receiver, Napi::String::New(env, "port_ticker.Watch"), &watch->context_);
	napi_add_async_cleanup_hook(env, on_environment_end, watch, &watch->hook_);
	watch->owner_ = owner;
	*owner = watch;
	return {};
}

void Watch::arm() { uv_poll_start(&poll_, UV_READABLE, on_readable); }

void Watch::ref() { uv_ref(handle()); }

void Watch::unref() { uv_unref(handle()); }

void Watch::stop()
{
	*owner_ = nullptr;
	napi_delete_reference(env_, callback_);
	napi_delete_reference(env_, receiver_);
	napi_async_destroy(env_, context_);
	uv_poll_stop(&poll_);
	uv_close(handle(), on_closed);
}

void Watch::on_environment_end(napi_async_cleanup_hook_handle, void *watch)
{
	static_cast<Watch *>(watch)->stop();
}

void Watch::on_closed(uv_handle_t *handle)
{
	auto *watch = static_cast<Watch *>(handle->data);

	napi_remove_async_cleanup_hook(watch->hook_);
	delete watch;
}

/*
 * Bare Node-API: the wrappers of node-addon-api turn a failing call into a fatal error, and here calls do fail,
 * when the environment is shutting down and JavaScript can no longer run. `watch` may be stopped by the callback.
 */
void Watch::on_readable(uv_poll_t *poll, int, int)
{
	auto *watch = static_cast<Watch *>(poll->data);
	napi_env env = watch->env_;
	napi_handle_scope scope;
	napi_value callback = nullptr, receiver = nullptr, error;
	bool is_pending = false;

	uv_poll_stop(poll);
	if (napi_open_handle_scope(env, &scope) != napi_ok)
		return;
	if (napi_get_reference_value(env, watch->callback_, &callback) == napi_ok &&
	    napi_get_reference_value(env, watch->receiver_, &receiver) == napi_ok &&
	    napi_make_callback(env, watch->context_, receiver, callback, 0, nullptr, nullptr) ==
		    napi_pending_exception &&
	    napi_is_exception_pending(env, &is_pending) == napi_ok && is_pending &&
	    napi_get_and_clear_last_exception(env, &error) == napi_ok)
		napi_fatal_exception(env, error); /* to JavaScript's uncaughtException */
	napi_close_handle_scope(env, scope);
}

} // namespace ticker
