/** What can go wrong, as a value: C++ exceptions are off, JavaScript's begin only at the border. */
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <napi.h>

namespace ticker
{

struct Failure {
	std::string code;   /* an errno name or one of those in addon.d.ts */
	std::string action; /* what was being done, to what */
	std::string reason;
	std::string remedy; /* one sentence for the user */
};

/** Empty when all went well. */
using Status = std::optional<Failure>;

/** A value, or why there is none. */
template <typename T>
class [[nodiscard]] Result
{
public:
	Result(T value) : outcome_(std::in_place_index<0>, std::move(value)) {}
	Result(Failure failure) : outcome_(std::in_place_index<1>, std::move(failure)) {}

	explicit operator bool() const { return outcome_.index() == 0; }
	T &operator*() { return std::get<0>(outcome_); }
	T *operator->() { return &std::get<0>(outcome_); }
	const Failure &failure() const { return std::get<1>(outcome_); }

private:
	std::variant<T, Failure> outcome_;
};

/** A failure of a system call. Without a remedy it gets the usual one of that errno. */
Failure system_failure(int error, std::string action, std::string remedy = {});

/** Makes the failure a pending JavaScript exception (NativeError in addon.d.ts). Returns undefined. */
Napi::Value throw_failure(Napi::Env env, const Failure &failure);

} // namespace ticker
