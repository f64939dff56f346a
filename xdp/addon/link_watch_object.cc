#include "link_watch_object.h"

#include "arguments.h"

namespace ticker
{

Napi::Function LinkWatchObject::define(Napi::Env env)
{
	return DefineClass(env, "LinkWatch",
			   {
				   InstanceMethod<&LinkWatchObject::names>("names"),
				   InstanceMethod<&LinkWatchObject::on_change>("onChange"),
				   InstanceMethod<&LinkWatchObject::arm>("arm"),
				   InstanceMethod<&LinkWatchObject::ref>("ref"),
				   InstanceMethod<&LinkWatchObject::unref>("unref"),
				   InstanceMethod<&LinkWatchObject::close>("close"),
			   });
}

LinkWatchObject::LinkWatchObject(const Napi::CallbackInfo &info) : Napi::ObjectWrap<LinkWatchObject>(info)
{
	Arguments arguments("watch the network devices");
	std::optional<std::string> netns;

	if (!info[0].IsUndefined())
		netns = arguments.text(info[0], "netns");
	if (arguments.failure()) {
		throw_failure(info.Env(), *arguments.failure());
		return;
	}
	auto links = LinkWatch::open(netns);
	if (links)
		links_ = std::move(*links);
	else
		throw_failure(info.Env(), links.failure());
}

Napi::Value LinkWatchObject::names(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	if (!ready(env, "list the network devices"))
		return env.Undefined();
	auto names = links_->names();
	if (!names)
		return throw_failure(env, names.failure());
	auto array = Napi::Array::New(env);
	for (const std::string &name : *names)
		array.Set(array.Length(), name);
	return array;
}

Napi::Value LinkWatchObject::on_change(const Napi::CallbackInfo &info)
{
	Arguments arguments("watch the network devices");
	if (!info[0].IsFunction())
		arguments.refuse("callback", "a function");
	if (!ready(info.Env(), "watch the network devices", arguments.failure()))
		return info.Env().Undefined();
	if (auto failure = links_->watch(info.This().As<Napi::Object>(), info[0].As<Napi::Function>()))
		return throw_failure(info.Env(), *failure);
	return info.Env().Undefined();
}

Napi::Value LinkWatchObject::arm(const Napi::CallbackInfo &info)
{
	if (Watch *watch = watcher(info.Env(), "arm the watch of the network devices")) {
		links_->drain();
		watch->arm();
	}
	return info.Env().Undefined();
}

Napi::Value LinkWatchObject::ref(const Napi::CallbackInfo &info)
{
	if (Watch *watch = watcher(info.Env(), "ref the watch of the network devices"))
		watch->ref();
	return info.Env().Undefined();
}

Napi::Value LinkWatchObject::unref(const Napi::CallbackInfo &info)
{
	if (Watch *watch = watcher(info.Env(), "unref the watch of the network devices"))
		watch->unref();
	return info.Env().Undefined();
}

Napi::Value LinkWatchObject::close(const Napi::CallbackInfo &info)
{
	links_.reset();
	return info.Env().Undefined();
}

bool LinkWatchObject::ready(Napi::Env env, const char *action, const Status &arguments)
{
	if (!links_)
		throw_failure(env, { "ECLOSED", action, "the watch is closed", "Open it again." });
	else if (arguments)
		throw_failure(env, *arguments);
	else
		return true;
	return false;
}

Watch *LinkWatchObject::watcher(Napi::Env env, const char *action)
{
	if (!ready(env, action))
		return nullptr;
	if (!links_->watcher())
		throw_failure(env, { "EINVAL", action, "it has no callback", "Call onChange first." });
	return links_->watcher();
}

} // namespace ticker
