#include "error.h"

#include <cerrno>
#include <cstring>

#include <uv.h>

namespace ticker
{

static const char *usual_remedy(int error)
{
	switch (error) {
	case EPERM:
	case EACCES:
		return "Run it as root, or give it CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON.";
	case ENOMEM:
		return "Free some memory, or choose fewer sources and a smaller ring.";
	case EMFILE:
	case ENFILE:
		return "Raise the limit of open files (ulimit -n).";
	default:
		return "The reason is the kernel's; `dmesg` may say more.";
	}
}

Failure system_failure(int error, std::string action, std::string remedy)
{
	char name[64];

	uv_err_name_r(-error, name, sizeof name);
	if (remedy.empty())
		remedy = usual_remedy(error);
	return { name, std::move(action), strerror(error), std::move(remedy) };
}

Napi::Value throw_failure(Napi::Env env, const Failure &failure)
{
	if (env.IsExceptionPending()) /* thrown by a getter of the caller's: it explains the failure */
		return env.Undefined();
	Napi::Error error = Napi::Error::New(env, failure.action + ": " + failure.reason);

	error.Set("name", "NativeError");
	error.Set("code", failure.code);
	error.Set("action", failure.action);
	error.Set("remedy", failure.remedy);
	error.ThrowAsJavaScriptException();
	return env.Undefined();
}

} // namespace ticker
