#pragma once

#include "error.h"
#include "event.h"
#include "handle.h"

namespace ticker
{

/** The settings in force. A packet sees those of before or of after a change, never a mixture. */
class Settings
{
public:
	static Result<Settings> open(int map);

	struct settings read() const;
	/** Takes all but what the next two say. */
	void write(struct settings wanted);
	/** Says which of the ignore tries have entries. */
	void set_ignored(bool ignore4, bool ignore6);
	/** ip_local_port_range of the namespace. */
	void set_ephemeral(uint16_t low, uint16_t high);

private:
	explicit Settings(Mapping mapping) : mapping_(std::move(mapping)) {}
	void flip(const struct settings &next);

	Mapping mapping_;
};

} // namespace ticker
