#include "lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <sstream>

namespace ticker
{

static std::string holder_of(const struct stat &file);

Result<Lock> Lock::take(const std::string &directory)
{
	const std::string action = "lock the pin directory " + directory;
	struct stat locked, named;

	/* once more when another process has removed the directory between open and flock */
	for (;;) {
		Descriptor descriptor(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));

		if (!descriptor || fstat(descriptor.get(), &locked) != 0)
			return system_failure(errno, action);
		if (flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) {
			if (errno != EWOULDBLOCK)
				return system_failure(errno, action);
			return Failure{ "ELOCKED", action, "it is in use by " + holder_of(locked),
					"Stop that process, or give this one another pin directory." };
		}
		if (stat(directory.c_str(), &named) != 0)
			return system_failure(errno, action);
		if (named.st_ino == locked.st_ino && named.st_dev == locked.st_dev)
			return Lock(std::move(descriptor));
	}
}

bool Lock::is_on(const std::string &directory) const
{
	struct stat locked, named;

	return fstat(directory_.get(), &locked) == 0 && stat(directory.c_str(), &named) == 0 &&
	       named.st_ino == locked.st_ino && named.st_dev == locked.st_dev;
}

/** The command line rather than the short name, which is the same for everything that runs in Node. */
static std::string command_of(const std::string &pid)
{
	constexpr size_t LONGEST = 80;
	std::ifstream file("/proc/" + pid + "/cmdline");
	std::string command(std::istreambuf_iterator<char>(file), {});

	std::replace(command.begin(), command.end(), '\0', ' ');
	command.resize(std::min(command.find_last_not_of(' ') + 1, LONGEST));
	return command;
}

/** "process 42 (node main.js)". A line of /proc/locks: `1: FLOCK  ADVISORY  WRITE 42 00:1b:3 0 EOF`, device in hex. */
static std::string holder_of(const struct stat &file)
{
	char wanted[64];
	snprintf(wanted, sizeof wanted, "%02x:%02x:%lu", major(file.st_dev), minor(file.st_dev),
		 static_cast<unsigned long>(file.st_ino));

	std::ifstream locks("/proc/locks");
	for (std::string line; std::getline(locks, line);) {
		std::string number, kind, strictness, access, pid, inode;

		std::istringstream(line) >> number >> kind >> strictness >> access >> pid >> inode;
		if (kind != "FLOCK" || inode != wanted)
			continue;
		std::string command = command_of(pid);
		return "process " + pid + (command.empty() ? "" : " (" + command + ")");
	}
	return "another process";
}

} // namespace ticker
