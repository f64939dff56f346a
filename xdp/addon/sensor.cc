/* Long, because opening a sensor is one story: each step undoes those before it when it fails. */
#include "sensor.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>

#include "epoch.h"
#include "netns.h"
#include "preflight.h"
#include "surroundings.h"

namespace ticker
{

static constexpr uint32_t KEY = 0; /* of the only element of an array map */

Result<std::unique_ptr<Sensor>> Sensor::open(const Options &options)
{
	std::unique_ptr<Sensor> sensor(new Sensor(options));

	for (auto step :
	     { &Sensor::check_machine, &Sensor::take_lock, &Sensor::decide_epoch, &Sensor::load_program,
	       &Sensor::map_memory, &Sensor::fill_new_maps, &Sensor::commit_pins, &Sensor::move_links })
		if (auto failure = ((*sensor).*step)())
			return *failure;
	return sensor;
}

Sensor::Sensor(const Options &options)
	: options_(options), directory_(options.pin_directory), pins_(options.pin_directory),
	  links_(pins_.path(), options.netns, layouts_of(options.pin_directory, pins_.path()))
{
}

Sensor::~Sensor()
{
	if (auto ring = ring_.lock())
		ring->close();
}

Status Sensor::check_machine()
{
	if (auto failure = preflight(options_.pin_directory, options_.netns.has_value()))
		return failure;
	auto scope = NetnsScope::enter(options_.netns);
	if (!scope)
		return scope.failure();
	return {};
}

Status Sensor::take_lock()
{
	if (auto failure = directory_.create())
		return failure;
	auto lock = Lock::take(options_.pin_directory);
	if (!lock) {
		directory_.keep(); /* it is the holder's */
		return lock.failure();
	}
	lock_.emplace(std::move(*lock));
	return {};
}

Status Sensor::decide_epoch()
{
	resumed_ = pins_.exist();
	if (!resumed_) {
		auto drawn = draw_epoch(options_.max_sources);
		if (!drawn)
			return drawn.failure();
		epoch_ = *drawn;
		return pins_.begin();
	}
	auto map = pins_.open("epoch");
	if (!map)
		return map.failure();
	auto pinned = read_epoch(map->get());
	if (!pinned)
		return pinned.failure();
	epoch_ = *pinned;
	return check_sizes();
}

static Status differs(const std::string &pins, const char *what, uint32_t pinned, uint32_t wanted)
{
	return Failure{ "EPINS", "use the maps pinned in " + pins,
			std::string(what) + " is " + std::to_string(pinned) + " there, " +
				std::to_string(wanted) + " was asked for",
			"Ask for " + std::to_string(pinned) +
				", or remove what is pinned first: port-ticker-producer --remove" };
}

Status Sensor::check_sizes()
{
	if (epoch_.max_sources != options_.max_sources)
		return differs(pins_.path(), "the number of sources", epoch_.max_sources,
			       options_.max_sources);
	auto ring = pins_.open("ring");
	if (!ring)
		return ring.failure();
	bpf_map_info info = {};
	__u32 size = sizeof info;
	if (bpf_obj_get_info_by_fd(ring->get(), &info, &size) != 0)
		return system_failure(errno, "read the size of the pinned ring");
	if (info.max_entries != options_.ring_bytes)
		return differs(pins_.path(), "the size of the ring", info.max_entries, options_.ring_bytes);
	return {};
}

Status Sensor::load_program()
{
	Program::Sizes sizes = { options_.max_sources, options_.ring_bytes };
	auto program = resumed_ ? Program::load(epoch_, sizes, pins_) : Program::load(epoch_, sizes);

	if (!program)
		return program.failure();
	program_.emplace(std::move(*program));
	return resumed_ ? Status() : program_->pin(pins_);
}

Status Sensor::map_memory()
{
	auto settings = Settings::open(program_->map("settings"));
	if (!settings)
		return settings.failure();
	settings_.emplace(std::move(*settings));

	auto ignore = Ignore::open(program_->map("ignore4"), program_->map("ignore6"));
	if (!ignore)
		return ignore.failure();
	ignore_.emplace(std::move(*ignore));

	auto table = Table::open(program_->map("heads"), program_->map("sources"), options_.max_sources);
	if (!table)
		return table.failure();
	table_.emplace(std::move(*table));

	counters_ = Mapping(program_->map("counters"), sizeof(struct counters), PROT_READ | PROT_WRITE);
	if (!counters_)
		return system_failure(errno, "map the counters into memory");
	return {};
}

Status Sensor::fill_new_maps()
{
	constexpr uint32_t THRESHOLD = 20, IDLE_SECONDS = 3600;

	if (resumed_) {
		publish_ignored(); /* a process may have died between an entry and its flag */
		return {};
	}
	auto tick = program_->tick();
	if (!tick)
		return tick.failure();
	mark_birth(epoch_, *tick);

	struct settings defaults = {};
	defaults.threshold = THRESHOLD;
	defaults.idle_ticks = uint64_t(epoch_.ticks_per_second_x1000) * IDLE_SECONDS / 1000;
	settings_->write(defaults);
	if (auto failure = refresh_surroundings())
		return failure;
	return write_epoch(program_->map("epoch"), epoch_);
}

Status Sensor::commit_pins()
{
	if (!resumed_)
		if (auto failure = pins_.commit())
			return failure;
	directory_.keep();
	return {};
}

/* Last: whichever program a link has, it counts into the same maps. */
Status Sensor::move_links()
{
	if (auto failure = links_.move_to(program_->fd()))
		return failure;
	return resumed_ ? pins_.replace_program(program_->fd()) : Status();
}

Result<bool> Sensor::restore_pins()
{
	if (!lock_->is_on(options_.pin_directory)) {
		if (auto failure = check_machine())
			return *failure;
		if (auto failure = take_lock())
			return *failure;
		directory_.keep();
	}
	const bool existed = pins_.exist();
	if (!existed) {
		if (auto failure = pins_.begin())
			return *failure;
		if (auto failure = program_->pin(pins_))
			return *failure;
		if (auto failure = pins_.commit())
			return *failure;
	}
	auto maps = program_->restore(pins_);
	if (!maps)
		return maps;
	auto ours = pins_.hold("epoch", program_->map("epoch"));
	if (!ours)
		return ours;
	if (!*ours)
		return Failure{ "EPINS", "use " + pins_.path(), "another sensor has pinned its maps there",
				"Restart this one, or give it another pin directory." };
	auto links = links_.restore();
	if (!links)
		return links;
	return !existed || *maps || *links;
}

Result<Attachment> Sensor::attach(const std::string &device, Mode mode)
{
	if (!pins_.exist())
		return Failure{ "EPINS", "attach " + device, "the pins of this sensor were removed",
				"Open the sensor again." };
	return links_.attach(device, mode, program_->fd());
}

Status Sensor::ignore_add(const std::vector<Prefix> &prefixes)
{
	Status failure = ignore_->add(prefixes);

	publish_ignored();
	return failure;
}

Status Sensor::ignore_remove(const std::vector<Prefix> &prefixes)
{
	Status failure = ignore_->remove(prefixes);

	publish_ignored();
	return failure;
}

Status Sensor::refresh_surroundings()
{
	auto found = read_surroundings(options_.netns);

	if (!found)
		return found.failure();
	settings_->set_ephemeral(found->ephemeral_low, found->ephemeral_high);
	return write_own_addresses(program_->map("own_addresses"), epoch_.secret, found->addresses);
}

Status Sensor::set_open_ports(const uint8_t *bits)
{
	int map = program_->map("open_ports");

	for (uint32_t word = 0; word < 65536 / 64; word++)
		if (bpf_map_update_elem(map, &word, bits + word * sizeof(uint64_t), BPF_ANY) != 0)
			return system_failure(errno, "tell the kernel program which ports listen elsewhere");
	return {};
}

void Sensor::publish_ignored() { settings_->set_ignored(ignore_->has(4), ignore_->has(6)); }

Result<std::vector<uint64_t>> Sensor::statistics() const
{
	std::vector<uint64_t> sums(STAT_COUNT), rows(STAT_COUNT * libbpf_num_possible_cpus());

	if (bpf_map_lookup_elem(program_->map("statistics"), &KEY, rows.data()) != 0)
		return system_failure(errno, "read the statistics");
	for (size_t at = 0; at < rows.size(); at++)
		sums[at % STAT_COUNT] += rows[at];
	return sums;
}

struct counters Sensor::counters() const
{
	const auto *shared = counters_.as<struct counters>();

	return { __atomic_load_n(&shared->sequence, __ATOMIC_RELAXED),
		 __atomic_load_n(&shared->drops, __ATOMIC_RELAXED), 0 };
}

void Sensor::add_drops(uint64_t count)
{
	__atomic_fetch_add(&counters_.as<struct counters>()->drops, count, __ATOMIC_RELAXED);
}

Result<std::shared_ptr<Ring>> Sensor::open_ring()
{
	if (auto open = ring_.lock(); open && open->is_open())
		return Failure{ "EBUSY", "open the ring", "it is open already",
				"Close the other one first." };
	auto ring = Ring::open(program_->map("ring"));
	if (ring)
		ring_ = *ring;
	return ring;
}

Result<std::vector<Leftover>> Sensor::remove_others()
{
	return ticker::remove_others(options_.pin_directory, pins_.path());
}

Status Sensor::unpin()
{
	for (const std::string &device : links_.devices())
		if (auto failure = links_.detach(device))
			return failure;
	if (auto failure = remove_pins(pins_.path()))
		return failure;
	rmdir(options_.pin_directory.c_str()); /* stays when it holds anything else */
	return {};
}

} // namespace ticker
