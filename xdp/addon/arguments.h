#pragma once

#include <cstdint>
#include <string>

#include <napi.h>

#include "error.h"

namespace ticker
{

struct Bytes {
	uint8_t *data;
	size_t size;
};

/**
 * Reads what JavaScript passed. The first value that is not what addon.d.ts declares becomes the failure; every
 * read after it yields an empty value.
 */
class Arguments
{
public:
	/** action: what the call does, for the message. */
	explicit Arguments(const char *action) : action_(action) {}

	/** A whole number of at most `max`. */
	uint64_t number(Napi::Value value, const char *name, uint64_t max);
	std::string text(Napi::Value value, const char *name);
	bool flag(Napi::Value value, const char *name);
	/** A Uint8Array of at least `least` bytes. Valid until JavaScript runs again. */
	Bytes bytes(Napi::Value value, const char *name, size_t least = 0);
	Napi::Object object(Napi::Value value, const char *name);

	void refuse(const char *name, const std::string &expected);
	const Status &failure() const { return failure_; }

private:
	const char *action_;
	Status failure_;
};

} // namespace ticker
