/* Long, because attaching has many ways to fail, and each has its remedy here. */
#include "links.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <set>

#include "device_name.h"
#include "netns.h"
#include "pins.h"

namespace ticker
{

static const std::string LINK_PREFIX = "link_";

static const char *name_of(Mode mode) { return mode == Mode::Skb ? "skb" : "driver"; }

/** The programs on a device of this thread's network namespace. 0: none in that mode. */
struct Occupants {
	uint32_t driver;
	uint32_t skb;
};
static Occupants occupants_of(uint32_t ifindex);
static std::optional<Mode> mode_of(uint32_t ifindex, uint32_t program_id);
static uint32_t id_of(int program);
static Failure attach_failure(int error, const std::string &device, uint32_t ifindex, Mode mode);
static Failure move_failure(int error, const std::string &device);
static std::vector<std::string> devices_in(const std::string &directory);

Result<Attachment> Links::attach(const std::string &device, Mode mode, int program)
{
	auto scope = NetnsScope::enter(netns_);
	if (!scope)
		return scope.failure();
	uint32_t ifindex = if_nametoindex(device.c_str());
	auto link = open(device);
	if (!link)
		return link.failure();
	if (!ifindex) {
		if (*link)
			if (auto failure = detach(device))
				return *failure;
		return Failure{ "ENODEV", "attach " + device,
				"there is no such device" + (netns_ ? " in " + *netns_ : ""),
				"See the devices with `ip link`." };
	}
	std::optional<Mode> before;
	if (*link && (*link)->ifindex == ifindex)
		before = mode_of(ifindex, (*link)->program_id);
	if (before && (*link)->path != path_of(device)) {
		if (auto failure = adopt(device, **link, program))
			return *failure;
		link = open(device);
		if (!link)
			return link.failure();
	}
	const bool is_ours = before && (*link)->program_id == id_of(program);
	if (is_ours && (mode == Mode::Auto || mode == *before)) {
		held_[device] = std::move((*link)->descriptor);
		return Attachment{ device, ifindex, *before, (*link)->program_id, (*link)->id };
	}
	if (*link) /* in another mode, with another program, of a device that has given this name away, or of another namespace */
		if (auto failure = detach(device))
			return *failure;
	auto attachment = create(device, ifindex, mode, program);
	if (!attachment && before)
		(void)create(device, ifindex, *before, program); /* goes on as it was */
	return attachment;
}

/** Whether the device only cannot do driver mode: no support, frames too large for the program, too few queues. */
static bool may_fall_back(int error)
{
	return error == EOPNOTSUPP || error == ERANGE || error == EINVAL || error == ENOSPC;
}

Result<Attachment> Links::create(const std::string &device, uint32_t ifindex, Mode mode, int program)
{
	Mode actual = mode == Mode::Skb ? Mode::Skb : Mode::Driver;
	auto link_create = [&] {
		bpf_link_create_opts options = {};
		options.sz = sizeof options;
		options.flags = actual == Mode::Skb ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
		return Descriptor(bpf_link_create(program, ifindex, BPF_XDP, &options));
	};
	Descriptor link = link_create();

	if (!link && mode == Mode::Auto && may_fall_back(errno)) {
		actual = Mode::Skb;
		link = link_create();
	}
	if (!link)
		return attach_failure(errno, device, ifindex, actual);
	if (bpf_obj_pin(link.get(), path_of(device).c_str()) != 0)
		return system_failure(errno, "pin the attachment of " + device);

	bpf_link_info info = {};
	__u32 size = sizeof info;
	bpf_obj_get_info_by_fd(link.get(), &info, &size);
	held_[device] = std::move(link);
	return Attachment{ device, ifindex, actual, info.prog_id, info.id };
}

static Failure attach_failure(int error, const std::string &device, uint32_t ifindex, Mode mode)
{
	const std::string action = "attach " + device + " in " + name_of(mode) + " mode";

	if (error == EBUSY || error == EEXIST) {
		Occupants found = occupants_of(ifindex);
		uint32_t program = found.driver ? found.driver : found.skb;
		const char *theirs = found.driver ? "driver" : "skb";

		return { "EBUSY", action,
			 "XDP program " + std::to_string(program) + " of another owner is attached in " +
				 theirs + " mode",
			 "Detach it with the tool that attached it, or with `ip link set dev " + device +
				 " xdp off`." };
	}
	if (mode == Mode::Driver && may_fall_back(error)) {
		const char *reason = "its driver refuses the program with the device's present settings";

		if (error == EOPNOTSUPP)
			reason = "its driver has no XDP support";
		if (error == ERANGE)
			reason = "its MTU is too large for driver mode";
		if (error == ENOSPC)
			reason = "it has too few queues for driver mode";
		return { "EMODE", action, reason, "Use mode skb or auto." };
	}
	return system_failure(error, action);
}

/* The program first: a process that dies in between leaves a link that counts for us, and the next one adopts it. */
Status Links::adopt(const std::string &device, const Link &link, int program)
{
	if (bpf_link_update(link.descriptor.get(), program, nullptr) != 0)
		return move_failure(errno, device);
	if (rename(link.path.c_str(), path_of(device).c_str()) != 0)
		return system_failure(errno, "adopt the attachment " + link.path);
	return {};
}

Status Links::detach(const std::string &device)
{
	auto link = open(device);
	if (!link)
		return link.failure();
	if (!*link)
		return Failure{ "ENOENT", "detach " + device, "it is not attached",
				"See what is attached with `ticker_ctl status`." };
	/* at once: without it the kernel detaches some time after the last reference is gone */
	if ((*link)->ifindex && bpf_link_detach((*link)->descriptor.get()) != 0 && errno != ENOLINK)
		return system_failure(errno, "detach " + device);
	if (unlink((*link)->path.c_str()) != 0)
		return system_failure(errno, "unpin the attachment of " + device);
	held_.erase(device);
	return {};
}

Result<std::vector<Attachment>> Links::list()
{
	std::vector<Attachment> attachments;
	std::optional<NetnsScope>
		scope; /* entered for the first living link: the namespace may be gone with its devices */

	std::set<std::string> names;

	for (const std::string &directory : others_)
		for (const std::string &device : devices_in(directory))
			names.insert(device);
	for (const std::string &device : devices())
		names.insert(device);
	for (const std::string &device : names) {
		auto link = open(device);
		if (!link)
			return link.failure();
		if ((*link)->ifindex == 0) {
			if (auto failure = detach(device))
				return *failure;
			continue;
		}
		if (!scope) {
			auto entered = NetnsScope::enter(netns_);
			if (!entered)
				return entered.failure();
			scope.emplace(std::move(*entered));
		}
		uint32_t ifindex = (*link)->ifindex, program_id = (*link)->program_id;
		Mode mode = occupants_of(ifindex).driver == program_id ? Mode::Driver : Mode::Skb;
		attachments.push_back({ device, ifindex, mode, program_id, (*link)->id });
	}
	return attachments;
}

Status Links::move_to(int program)
{
	for (const std::string &device : devices()) {
		auto link = open(device);

		if (!link)
			return link.failure();
		int error = bpf_link_update((*link)->descriptor.get(), program, nullptr) ? errno : 0;
		if (error == ENOLINK) { /* the device is gone */
			if (auto failure = detach(device))
				return failure;
		} else if (error) {
			move_back();
			return move_failure(error, device);
		}
	}
	return {};
}

Result<bool> Links::restore()
{
	bool any = false;

	for (const auto &[device, link] : held_) {
		const std::string path = path_of(device);
		struct stat status;

		if (stat(path.c_str(), &status) == 0)
			continue;
		if (bpf_obj_pin(link.get(), path.c_str()) != 0)
			return system_failure(errno, "pin the attachment of " + device + " again");
		any = true;
	}
	return any;
}

void Links::move_back()
{
	Descriptor program(bpf_obj_get((directory_ + "/" + PROGRAM_PIN).c_str()));

	if (!program)
		return;
	for (const std::string &device : devices())
		if (auto link = open(device); link && *link)
			(void)bpf_link_update((*link)->descriptor.get(), program.get(), nullptr);
}

static Failure move_failure(int error, const std::string &device)
{
	const std::string action = "move the attachment of " + device + " to the new program";

	if (error != ERANGE)
		return system_failure(error, action);
	return system_failure(error, action,
			      "This kernel or program takes no frames of several buffers: lower the MTU of " +
				      device + ", or detach it (port-ticker-producer --remove -d " + device +
				      ").");
}

std::vector<std::string> Links::devices() const { return devices_in(directory_); }

static std::vector<std::string> devices_in(const std::string &directory)
{
	std::vector<std::string> devices;

	for (const std::string &name : entries_of(directory))
		if (name.compare(0, LINK_PREFIX.size(), LINK_PREFIX) == 0)
			if (auto device = decode_device(name.substr(LINK_PREFIX.size())))
				devices.push_back(*device);
	return devices;
}

std::string Links::path_of(const std::string &device) const
{
	return directory_ + "/" + LINK_PREFIX + encode_device(device);
}

/** The own one, else one of another layout. */
Result<std::optional<Links::Link>> Links::open(const std::string &device)
{
	std::string path = path_of(device);
	Descriptor descriptor(bpf_obj_get(path.c_str()));
	bpf_link_info info = {};
	__u32 size = sizeof info;

	for (auto other = others_.begin(); !descriptor && errno == ENOENT; ++other) {
		if (other == others_.end())
			return std::optional<Link>();
		path = *other + "/" + LINK_PREFIX + encode_device(device);
		descriptor = Descriptor(bpf_obj_get(path.c_str()));
	}
	if (!descriptor || bpf_obj_get_info_by_fd(descriptor.get(), &info, &size) != 0)
		return system_failure(errno, "open the attachment of " + device);
	return std::optional<Link>(
		Link{ std::move(descriptor), std::move(path), info.xdp.ifindex, info.prog_id, info.id });
}

static Occupants occupants_of(uint32_t ifindex)
{
	bpf_xdp_query_opts found = {};

	found.sz = sizeof found;
	if (bpf_xdp_query(ifindex, 0, &found) != 0)
		return {};
	return { found.drv_prog_id, found.skb_prog_id };
}

/** Nothing when the program is not on this device. A link tells an index, but not in which network namespace. */
static std::optional<Mode> mode_of(uint32_t ifindex, uint32_t program_id)
{
	Occupants found = occupants_of(ifindex);

	if (found.driver == program_id)
		return Mode::Driver;
	if (found.skb == program_id)
		return Mode::Skb;
	return {};
}

static uint32_t id_of(int program)
{
	bpf_prog_info info = {};
	__u32 size = sizeof info;

	return bpf_obj_get_info_by_fd(program, &info, &size) == 0 ? info.id : 0;
}

} // namespace ticker
