#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "error.h"
#include "handle.h"
#include "watch.h"

namespace ticker
{

/** Hears of network devices and addresses that come, go or change in one network namespace: a NETLINK_ROUTE socket in it. */
class LinkWatch
{
public:
	static Result<std::unique_ptr<LinkWatch>> open(const std::optional<std::string> &netns);
	LinkWatch(const LinkWatch &) = delete;
	~LinkWatch();

	/** Devices that are there now, in the namespace that has this path now. */
	Result<std::vector<std::string>> names() const;
	/** Once. */
	[[nodiscard]] Status watch(Napi::Object receiver, Napi::Function callback);
	/** Null while nobody watches. */
	Watch *watcher() const { return watch_; }
	/** Forgets what the kernel has told so far: from now on only news make the socket readable. */
	void drain() const;

private:
	LinkWatch(Descriptor socket, std::optional<std::string> netns)
		: socket_(std::move(socket)), netns_(std::move(netns))
	{
	}

	Descriptor socket_;
	std::optional<std::string> netns_;
	Watch *watch_ = nullptr;
};

} // namespace ticker
