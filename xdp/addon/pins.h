#pragma once

#include <string>
#include <vector>

#include "error.h"
#include "handle.h"

namespace ticker
{

/** A directory on a bpf file system, made when missing, and unmade unless it came to be used. */
class PinDirectory
{
public:
	explicit PinDirectory(std::string path) : path_(std::move(path)) {}
	~PinDirectory();

	const std::string &path() const { return path_; }
	/** Makes it and what is missing above it, for this user only. */
	[[nodiscard]] Status create();
	/** From now on it stays. */
	void keep() { created_.clear(); }

private:
	std::string path_;
	std::vector<std::string> created_;
};

/** Of the program that the links have: what goes back into them when its successor cannot be attached. */
inline constexpr const char *PROGRAM_PIN = "program";

/**
 * What is pinned of one layout, in a directory of its own below the pin directory: the maps under their names,
 * the program, and the links (links.h). New maps are pinned beside it first and take its name when all is complete, so a
 * process that dies in between leaves no half.
 */
class Pins
{
public:
	explicit Pins(const std::string &pin_directory);
	~Pins();

	const std::string &path() const { return path_; }
	/** Whether maps of this layout are there. */
	bool exist() const;
	/** Opens a pinned map. */
	Result<Descriptor> open(const char *name) const;

	/** Begins with new maps; what a process that died here has left is removed. */
	[[nodiscard]] Status begin();
	[[nodiscard]] Status pin(const char *name, int fd);
	[[nodiscard]] Status commit();

	/** Of pins that exist: pins a map again that is missing among them. True when it was. */
	Result<bool> restore(const char *name, int fd);
	/** Of pins that exist: whether a map among them is this very one. */
	Result<bool> hold(const char *name, int map) const;

	/** Of pins that exist: the new program in place of the old one. */
	[[nodiscard]] Status replace_program(int fd);

private:
	std::string path_;
	std::string unfinished_;
	bool begun_ = false;
};

/** Names of what is in a directory; none when there is no such directory. */
std::vector<std::string> entries_of(const std::string &directory);

/** Removes a directory and the pins in it; one that is not there is fine. */
[[nodiscard]] Status remove_pins(const std::string &directory);

/** The directories of all layouts below a pin directory, unfinished ones too, but for `own`. */
std::vector<std::string> layouts_of(const std::string &pin_directory, const std::string &own = {});

} // namespace ticker
