#pragma once

#include <optional>
#include <string>

#include "error.h"
#include "handle.h"

namespace ticker
{

/** This thread is in another network namespace for as long as this object lives. */
class NetnsScope
{
public:
	/** Without a path it stays where it is. */
	static Result<NetnsScope> enter(const std::optional<std::string> &path);
	NetnsScope(NetnsScope &&) = default;
	~NetnsScope();

private:
	explicit NetnsScope(Descriptor home) : home_(std::move(home)) {}

	Descriptor home_;
};

} // namespace ticker
