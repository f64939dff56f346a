/** Structures of addon.d.ts: from JavaScript and to it. */
#pragma once

#include <napi.h>

#include "arguments.h"
#include "event.h"
#include "links.h"
#include "sensor.h"

namespace ticker
{

Sensor::Options read_options(Arguments &arguments, Napi::Value value);
struct settings read_settings(Arguments &arguments, Napi::Value value);
Mode read_mode(Arguments &arguments, Napi::Value value);

Napi::Object epoch_object(Napi::Env env, const struct epoch &epoch, bool resumed);
Napi::Object settings_object(Napi::Env env, const struct settings &settings);
Napi::Object attachment_object(Napi::Env env, const Attachment &attachment);
Napi::Object leftover_object(Napi::Env env, const Leftover &leftover);

} // namespace ticker
