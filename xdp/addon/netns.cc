#include "netns.h"

#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace ticker
{

Result<NetnsScope> NetnsScope::enter(const std::optional<std::string> &path)
{
	if (!path)
		return NetnsScope(Descriptor());

	Descriptor home(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
	if (!home)
		return system_failure(errno, "open this thread's network namespace");
	Descriptor target(open(path->c_str(), O_RDONLY | O_CLOEXEC));
	if (!target || setns(target.get(), CLONE_NEWNET) != 0)
		return Failure{
			"ENETNS", "enter the network namespace " + *path, strerror(errno),
			"Name an existing one: /run/netns/NAME (see `ip netns`) or /proc/PID/ns/net."
		};
	return NetnsScope(std::move(home));
}

NetnsScope::~NetnsScope()
{
	/* a thread that cannot come home would open every later socket in the wrong place */
	if (home_ && setns(home_.get(), CLONE_NEWNET) != 0)
		abort();
}

} // namespace ticker
