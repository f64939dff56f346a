#pragma once

#include <memory>

#include <napi.h>

#include "sensor.h"

namespace ticker
{

/** Sensor of addon.d.ts. */
class SensorObject : public Napi::ObjectWrap<SensorObject>
{
public:
	static Napi::Function define(Napi::Env env);
	explicit SensorObject(const Napi::CallbackInfo &info);

private:
	Napi::Value epoch(const Napi::CallbackInfo &info);
	Napi::Value restore_pins(const Napi::CallbackInfo &info);
	Napi::Value attach(const Napi::CallbackInfo &info);
	Napi::Value detach(const Napi::CallbackInfo &info);
	Napi::Value attachments(const Napi::CallbackInfo &info);
	Napi::Value settings(const Napi::CallbackInfo &info);
	Napi::Value write_settings(const Napi::CallbackInfo &info);
	Napi::Value refresh_surroundings(const Napi::CallbackInfo &info);
	Napi::Value set_open_ports(const Napi::CallbackInfo &info);
	Napi::Value ignore_add(const Napi::CallbackInfo &info);
	Napi::Value ignore_remove(const Napi::CallbackInfo &info);
	Napi::Value ignore_list(const Napi::CallbackInfo &info);
	Napi::Value statistics(const Napi::CallbackInfo &info);
	Napi::Value counters(const Napi::CallbackInfo &info);
	Napi::Value add_drops(const Napi::CallbackInfo &info);
	Napi::Value tick(const Napi::CallbackInfo &info);
	Napi::Value open_ring(const Napi::CallbackInfo &info);
	Napi::Value collect(const Napi::CallbackInfo &info);
	Napi::Value settle(const Napi::CallbackInfo &info);
	Napi::Value find(const Napi::CallbackInfo &info);
	Napi::Value source_count(const Napi::CallbackInfo &info);
	Napi::Value forget(const Napi::CallbackInfo &info);
	Napi::Value forget_all(const Napi::CallbackInfo &info);
	Napi::Value test_run(const Napi::CallbackInfo &info);
	Napi::Value remove_others(const Napi::CallbackInfo &info);
	Napi::Value unpin(const Napi::CallbackInfo &info);
	Napi::Value close(const Napi::CallbackInfo &info);

	using Change = Status (Sensor::*)(const std::vector<Prefix> &prefixes);
	Napi::Value change_ignored(const Napi::CallbackInfo &info, const char *action, Change change);
	/** When it is closed or the arguments are wrong, an exception is pending. */
	bool ready(Napi::Env env, const char *action, const Status &arguments = {});

	std::unique_ptr<Sensor> sensor_; /* null: closed */
};

} // namespace ticker
