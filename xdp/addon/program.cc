#include "program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <sstream>

#include "hash.h"
#include "port_ticker.skel.h"

namespace ticker
{

static Status set_sizes(::port_ticker &skeleton, Program::Sizes sizes);
static Status reuse_pinned(::port_ticker &skeleton, const Pins &pins);
static void set_constants(::port_ticker &skeleton, const struct epoch &epoch);
static Failure load_failure(int error, const std::string &verifier_log);

Result<Program> Program::load(const struct epoch &epoch, Sizes sizes)
{
	return load(epoch, [&](::port_ticker &skeleton) { return set_sizes(skeleton, sizes); });
}

Result<Program> Program::load(const struct epoch &epoch, Sizes sizes, const Pins &pins)
{
	return load(epoch, [&](::port_ticker &skeleton) -> Status {
		if (auto failure = set_sizes(skeleton, sizes))
			return failure;
		return reuse_pinned(skeleton, pins);
	});
}

/** Kernels before 5.18 know no frags. */
Result<Program> Program::load(const struct epoch &epoch, const Prepare &prepare)
{
	auto program = load(epoch, prepare, true);

	return program ? std::move(program) : load(epoch, prepare, false);
}

Result<Program> Program::load(const struct epoch &epoch, const Prepare &prepare, bool frags)
{
	constexpr size_t LOG_SIZE = 16 << 20; /* costs memory only as far as the verifier writes */
	Skeleton skeleton(port_ticker__open());
	if (!skeleton)
		return system_failure(errno, "open the embedded kernel program");

	bpf_program *chosen = frags ? skeleton->progs.port_ticker_frags : skeleton->progs.port_ticker;
	bpf_program *other = frags ? skeleton->progs.port_ticker : skeleton->progs.port_ticker_frags;
	std::unique_ptr<char[]> log(new char[LOG_SIZE]);
	log[0] = '\0';
	bpf_program__set_autoload(other, false);
	bpf_program__set_log_buf(chosen, log.get(), LOG_SIZE);
	set_constants(*skeleton, epoch);
	if (auto failure = prepare(*skeleton))
		return *failure;
	if (int error = port_ticker__load(skeleton.get()))
		return load_failure(-error, log.get());
	return Program(std::move(skeleton), frags);
}

static void set_constants(::port_ticker &skeleton, const struct epoch &epoch)
{
	struct constants &constants = skeleton.rodata->constants;

	for (int word = 0; word < SECRET_WORDS; word++)
		constants.secret[word] = epoch.secret[word];
	constants.target_factor = target_factor(epoch.secret[2]);
	constants.bucket_mask = epoch.max_sources / WAYS - 1;
	constants.second_shift = 0;
	while (2000u << constants.second_shift <= epoch.ticks_per_second_x1000)
		constants.second_shift++;
}

static Status set_sizes(::port_ticker &skeleton, Program::Sizes sizes)
{
	int error = bpf_map__set_value_size(skeleton.maps.heads, sizes.max_sources * sizeof(struct head));

	if (!error)
		error = bpf_map__set_value_size(skeleton.maps.sources,
						sizes.max_sources * sizeof(struct source));
	if (!error)
		error = bpf_map__set_max_entries(skeleton.maps.ring, sizes.ring_bytes);
	if (error)
		return system_failure(-error, "set the sizes of the maps");
	return {};
}

static bool is_shaped(const bpf_map *map, int fd)
{
	bpf_map_info info = {};
	__u32 size = sizeof info;

	return bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && info.type == bpf_map__type(map) &&
	       info.key_size == bpf_map__key_size(map) && info.value_size == bpf_map__value_size(map) &&
	       info.max_entries == bpf_map__max_entries(map) && info.map_flags == bpf_map__map_flags(map);
}

static Status reuse_pinned(::port_ticker &skeleton, const Pins &pins)
{
	bpf_map *map;

	bpf_object__for_each_map(map, skeleton.obj)
	{
		if (bpf_map__is_internal(map))
			continue;
		const char *name = bpf_map__name(map);
		auto pinned = pins.open(name);
		if (!pinned)
			return pinned.failure();
		if (!is_shaped(map, pinned->get()))
			return Failure{
				"EPINS", "use the maps pinned in " + pins.path(),
				"the map " + std::string(name) + " has another shape than this program needs",
				"Remove what is pinned (port-ticker-producer --remove) and start again."
			};
		if (int error = bpf_map__reuse_fd(map, pinned->get()))
			return system_failure(-error, "use the pinned map " + std::string(name));
	}
	return {};
}

/** The verifier's reason: the last line of its log before the statistics that it ends with. */
static std::string last_reason(const std::string &log)
{
	std::istringstream lines(log);
	std::string last;

	for (std::string line; std::getline(lines, line);)
		if (!line.empty() && line.rfind("processed ", 0) != 0)
			last = line;
	return last;
}

static Failure load_failure(int error, const std::string &verifier_log)
{
	const std::string action = "load the kernel program";
	const std::string reason = last_reason(verifier_log);
	bool is_short_of_resources = error == EMFILE || error == ENFILE || error == ENOMEM;

	if (!reason.empty() && !is_short_of_resources)
		return {
			"EVERIFIER", action, "the verifier refused it: " + reason,
			"Run as root to rule out a missing capability; otherwise report this with `uname -r`."
		};
	if (error == E2BIG)
		return system_failure(error, action,
				      "Choose fewer sources: this kernel limits the size of a map.");
	return system_failure(error, action);
}

void Program::Unload::operator()(::port_ticker *skeleton) const { port_ticker__destroy(skeleton); }

Status Program::with_types(const std::function<Status(const btf *)> &use)
{
	Skeleton skeleton(port_ticker__open());

	if (!skeleton)
		return system_failure(errno, "open the embedded kernel program");
	return use(bpf_object__btf(skeleton->obj));
}

int Program::fd() const
{
	return bpf_program__fd(frags_ ? skeleton_->progs.port_ticker_frags : skeleton_->progs.port_ticker);
}

int Program::map(const char *name) const { return bpf_object__find_map_fd_by_name(skeleton_->obj, name); }

Status Program::pin(Pins &pins) const
{
	bpf_map *map;

	bpf_object__for_each_map(map, skeleton_->obj)
	{
		if (bpf_map__is_internal(map))
			continue;
		if (auto failure = pins.pin(bpf_map__name(map), bpf_map__fd(map)))
			return failure;
	}
	return pins.pin(PROGRAM_PIN, fd());
}

Result<bool> Program::restore(Pins &pins) const
{
	bool any = false;
	bpf_map *map;

	bpf_object__for_each_map(map, skeleton_->obj)
	{
		if (bpf_map__is_internal(map))
			continue;
		auto restored = pins.restore(bpf_map__name(map), bpf_map__fd(map));
		if (!restored)
			return restored;
		any |= *restored;
	}
	auto restored = pins.restore(PROGRAM_PIN, fd());
	if (!restored)
		return restored;
	return any || *restored;
}

static Result<Verdict> test_run(int program, const uint8_t *frame, size_t size, uint32_t repeat)
{
	bpf_test_run_opts options = {};

	options.sz = sizeof options;
	options.data_in = frame;
	options.data_size_in = size;
	options.repeat = repeat;
	if (bpf_prog_test_run_opts(program, &options) != 0)
		return system_failure(
			errno, "run the kernel program on a frame of " + std::to_string(size) + " bytes",
			"Give it a frame of 14 bytes or more, up to what the kernel takes.");
	return Verdict{ options.retval, options.duration };
}

Result<uint64_t> Program::tick() const
{
	const uint8_t frame[14] = {}; /* an Ethernet header: the least that the kernel takes */
	auto run = test_run(bpf_program__fd(skeleton_->progs.clock), frame, sizeof frame, 1);

	if (!run)
		return run.failure();
	return skeleton_->bss->clock_tick;
}

Result<Verdict> Program::run(const uint8_t *frame, size_t size, uint32_t repeat) const
{
	return test_run(fd(), frame, size, repeat);
}

} // namespace ticker
