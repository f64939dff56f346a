#pragma once

#include <napi.h>

#include "error.h"

namespace ticker
{

/** Offsets, sizes and enumerators of event.h (Layout in addon.d.ts), read from the embedded object's BTF. */
Result<Napi::Object> layout(Napi::Env env);

} // namespace ticker
