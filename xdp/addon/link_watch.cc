#include "link_watch.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cerrno>

#include "netns.h"

namespace ticker
{

Result<std::unique_ptr<LinkWatch>> LinkWatch::open(const std::optional<std::string> &netns)
{
	const std::string action = "watch the network devices";
	auto scope = NetnsScope::enter(netns);
	if (!scope)
		return scope.failure();
	Descriptor own(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
	if (!own)
		return system_failure(errno, action);

	sockaddr_nl address = {};
	address.nl_family = AF_NETLINK;
	address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
	if (bind(own.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) != 0)
		return system_failure(errno, action);
	return std::unique_ptr<LinkWatch>(new LinkWatch(std::move(own), netns));
}

LinkWatch::~LinkWatch()
{
	if (watch_)
		watch_->stop();
}

Result<std::vector<std::string>> LinkWatch::names() const
{
	auto scope = NetnsScope::enter(netns_);
	if (!scope)
		return scope.failure();
	struct if_nameindex *devices = if_nameindex();
	std::vector<std::string> names;

	if (!devices)
		return system_failure(errno, "list the network devices");
	for (const auto *device = devices; device->if_index; device++)
		names.push_back(device->if_name);
	if_freenameindex(devices);
	return names;
}

Status LinkWatch::watch(Napi::Object receiver, Napi::Function callback)
{
	if (watch_)
		return Failure{ "EBUSY", "watch the network devices", "they are watched already",
				"Call onChange once for each LinkWatch." };
	return Watch::start(receiver, callback, socket_.get(), &watch_);
}

void LinkWatch::drain() const
{
	char message[16384];

	/* ENOBUFS: more came than the socket holds. What is read is not looked at, so nothing is missed. */
	while (recv(socket_.get(), message, sizeof message, 0) > 0 || errno == ENOBUFS || errno == EINTR)
		;
}

} // namespace ticker
