#include "preflight.h"

#include <cstdio>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>

namespace ticker
{

static Status check_capabilities(bool netns);
static Status check_kernel();
static Status check_file_system(const std::string &pin_directory);

Status preflight(const std::string &pin_directory, bool netns)
{
	if (auto failure = check_capabilities(netns))
		return failure;
	if (auto failure = check_kernel())
		return failure;
	return check_file_system(pin_directory);
}

static Status check_capabilities(bool netns)
{
	__user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	__user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

	if (syscall(SYS_capget, &header, data) != 0)
		return system_failure(errno, "read the capabilities of this process");

	auto has = [&](int capability) {
		return data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
	};
	std::string missing;
	auto need = [&](bool held, const char *name) {
		if (!held)
			missing += (missing.empty() ? "" : ", ") + std::string(name);
	};
	need(has(CAP_BPF) || has(CAP_SYS_ADMIN), "CAP_BPF");
	need(has(CAP_NET_ADMIN), "CAP_NET_ADMIN");
	need(has(CAP_PERFMON) || has(CAP_SYS_ADMIN), "CAP_PERFMON");
	need(!netns || has(CAP_SYS_ADMIN), "CAP_SYS_ADMIN (to enter a network namespace)");
	if (missing.empty())
		return {};
	return Failure{ "ENOCAP", "check the capabilities of this process", "missing " + missing,
			"Run it as root, or grant what is missing (systemd: AmbientCapabilities=, "
			"container: --cap-add)." };
}

static Status check_kernel()
{
	constexpr int MAJOR = 5, MINOR = 15;
	utsname system;
	int major = 0, minor = 0;

	if (uname(&system) != 0)
		return system_failure(errno, "read the kernel's version");
	if (sscanf(system.release, "%d.%d", &major, &minor) == 2 &&
	    (major > MAJOR || (major == MAJOR && minor >= MINOR)))
		return {};
	return Failure{ "EOLDKERNEL", "check the kernel's version", "it is " + std::string(system.release),
			"Boot Linux 5.15 or newer." };
}

/** The path itself when it exists, else the nearest directory above it that does. Empty, errno set: unreachable. */
static std::string nearest_existing(std::string path)
{
	struct stat status;

	while (stat(path.c_str(), &status) != 0) {
		if (errno != ENOENT)
			return {};
		size_t slash = path.find_last_of('/');
		if (slash == std::string::npos)
			return ".";
		path.resize(slash == 0 ? 1 : slash);
	}
	return path;
}

static Status check_file_system(const std::string &pin_directory)
{
	const std::string action = "use the pin directory " + pin_directory;
	const std::string writable_remedy = "Make it writable for this user, or mount one of its own (mount "
					    "-t bpf bpf DIRECTORY) and name it.";
	struct statfs system;

	std::string existing = nearest_existing(pin_directory);
	if (existing.empty() && errno == EPERM)
		return Failure{ "EINVAL", action, "a bpf file system allows no dot in a name",
				"Choose a path without a dot." };
	if (existing.empty() || statfs(existing.c_str(), &system) != 0)
		return system_failure(errno, action, writable_remedy);
	if (system.f_type != BPF_FS_MAGIC)
		return Failure{ "ENOBPFFS", action, existing + " is not on a bpf file system",
				"Mount one (mount -t bpf bpf /sys/fs/bpf) and choose a directory below it." };
	if (faccessat(AT_FDCWD, existing.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
		return system_failure(errno, action, writable_remedy);
	return {};
}

} // namespace ticker
