#pragma once

#include <napi.h>

namespace ticker
{

/** What belongs to one loading of the addon: the main thread and every worker have their own. */
struct Instance {
	Napi::FunctionReference
		ring; /* the class Ring, which JavaScript cannot construct into anything useful */
};

} // namespace ticker
