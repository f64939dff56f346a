#pragma once

#include <string>

#include "error.h"
#include "handle.h"

namespace ticker
{

/** The right to a pin directory: held by one Sensor at a time over all processes, until it goes out of scope. */
class Lock
{
public:
	/** The directory must exist. Does not wait: ELOCKED names the holder. */
	static Result<Lock> take(const std::string &directory);
	/** False when the directory was removed, or replaced by another one: then this is the right to nothing. */
	bool is_on(const std::string &directory) const;

private:
	explicit Lock(Descriptor directory) : directory_(std::move(directory)) {}

	Descriptor directory_;
};

} // namespace ticker
