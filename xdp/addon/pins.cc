#include "pins.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "event.h"

namespace ticker
{

static const std::string LAYOUT_PREFIX = "layout_";

PinDirectory::~PinDirectory()
{
	for (auto path = created_.rbegin(); path != created_.rend(); ++path)
		rmdir(path->c_str());
}

Status PinDirectory::create()
{
	for (size_t end = 1; end != std::string::npos;) {
		end = path_.find('/', end + 1);
		std::string part = path_.substr(0, end);

		if (mkdir(part.c_str(), 0700) == 0)
			created_.push_back(part);
		else if (errno != EEXIST)
			return system_failure(errno, "create the pin directory " + part);
	}
	return {};
}

Pins::Pins(const std::string &pin_directory)
	: path_(pin_directory + "/" + LAYOUT_PREFIX + std::to_string(LAYOUT_VERSION)),
	  unfinished_(path_ + "_unfinished")
{
}

Pins::~Pins()
{
	if (begun_)
		(void)remove_pins(unfinished_);
}

bool Pins::exist() const
{
	struct stat status;

	return stat(path_.c_str(), &status) == 0;
}

Result<Descriptor> Pins::open(const char *name) const
{
	std::string path = path_ + "/" + name;
	int fd = bpf_obj_get(path.c_str());

	if (fd < 0)
		return system_failure(
			errno, "open the pinned map " + path,
			"Remove what is pinned (port-ticker-producer --remove) and start again.");
	return Descriptor(fd);
}

Status Pins::begin()
{
	if (auto failure = remove_pins(unfinished_))
		return failure;
	if (mkdir(unfinished_.c_str(), 0700) != 0)
		return system_failure(errno, "create " + unfinished_);
	begun_ = true;
	return {};
}

Status Pins::pin(const char *name, int fd)
{
	std::string path = unfinished_ + "/" + name;

	if (bpf_obj_pin(fd, path.c_str()) != 0)
		return system_failure(errno, "pin " + path);
	return {};
}

Status Pins::commit()
{
	if (rename(unfinished_.c_str(), path_.c_str()) != 0)
		return system_failure(errno, "rename " + unfinished_ + " to " + path_);
	begun_ = false;
	return {};
}

Result<bool> Pins::restore(const char *name, int fd)
{
	const std::string path = path_ + "/" + name;
	struct stat status;

	if (stat(path.c_str(), &status) == 0)
		return false;
	if (bpf_obj_pin(fd, path.c_str()) != 0)
		return system_failure(errno, "pin " + path + " again");
	return true;
}

static uint32_t id_of(int map)
{
	bpf_map_info info = {};
	__u32 size = sizeof info;

	return bpf_obj_get_info_by_fd(map, &info, &size) == 0 ? info.id : 0;
}

Result<bool> Pins::hold(const char *name, int map) const
{
	const std::string path = path_ + "/" + name;
	Descriptor pinned(bpf_obj_get(path.c_str()));

	if (!pinned)
		return system_failure(errno, "look after the pinned map " + path);
	return id_of(pinned.get()) == id_of(map);
}

Status Pins::replace_program(int fd)
{
	std::string path = path_ + "/" + PROGRAM_PIN, next = path + "_next";

	if (unlink(next.c_str()) != 0 && errno != ENOENT)
		return system_failure(errno, "remove the pin " + next);
	if (bpf_obj_pin(fd, next.c_str()) != 0 || rename(next.c_str(), path.c_str()) != 0)
		return system_failure(errno, "pin the program " + path);
	return {};
}

std::vector<std::string> entries_of(const std::string &directory)
{
	std::vector<std::string> names;
	std::unique_ptr<DIR, int (*)(DIR *)> stream(opendir(directory.c_str()), closedir);

	if (!stream)
		return names;
	while (const dirent *entry = readdir(stream.get())) {
		std::string name = entry->d_name;
		if (name != "." && name != "..")
			names.push_back(name);
	}
	return names;
}

Status remove_pins(const std::string &directory)
{
	for (const std::string &name : entries_of(directory)) {
		std::string path = directory + "/" + name;
		if (unlink(path.c_str()) != 0)
			return system_failure(errno, "remove the pin " + path);
	}
	if (rmdir(directory.c_str()) != 0 && errno != ENOENT)
		return system_failure(errno, "remove " + directory);
	return {};
}

std::vector<std::string> layouts_of(const std::string &pin_directory, const std::string &own)
{
	std::vector<std::string> paths;

	for (const std::string &name : entries_of(pin_directory))
		if (std::string path = pin_directory + "/" + name;
		    path != own && name.compare(0, LAYOUT_PREFIX.size(), LAYOUT_PREFIX) == 0)
			paths.push_back(path);
	return paths;
}

} // namespace ticker
