#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "error.h"
#include "ignore.h"
#include "links.h"
#include "lock.h"
#include "pins.h"
#include "program.h"
#include "remove.h"
#include "ring.h"
#include "settings.h"
#include "table.h"

namespace ticker
{

/** What a sensor consists of. Destroying it lets go of all; what is attached and pinned goes on. */
class Sensor
{
public:
	struct Options {
		std::string pin_directory;
		uint32_t max_sources;
		uint32_t ring_bytes;
		std::optional<std::string> netns;
	};

	static Result<std::unique_ptr<Sensor>> open(const Options &options);
	~Sensor();

	const struct epoch &epoch() const { return epoch_; }
	/** Whether the maps were found pinned. */
	bool resumed() const { return resumed_; }

	/**
	 * Pins again what somebody has removed meanwhile: the maps live as long as this process. True when anything was
	 * missing. ELOCKED or EPINS when another sensor has taken the place.
	 */
	Result<bool> restore_pins();
	Result<Attachment> attach(const std::string &device, Mode mode);
	Links &links() { return links_; }
	Settings &settings() { return *settings_; }
	const Ignore &ignore() const { return *ignore_; }
	Table &table() { return *table_; }
	const Program &program() const { return *program_; }

	[[nodiscard]] Status ignore_add(const std::vector<Prefix> &prefixes);
	[[nodiscard]] Status ignore_remove(const std::vector<Prefix> &prefixes);
	/** Tells the kernel program the addresses and the ephemeral ports of the namespace, as they are now. */
	[[nodiscard]] Status refresh_surroundings();
	/** One bit a port, 8192 bytes: ports that listen elsewhere. */
	[[nodiscard]] Status set_open_ports(const uint8_t *bits);
	Result<std::vector<uint64_t>> statistics() const;
	struct counters counters() const;
	/** Counts crossings as lost that have left the ring. */
	void add_drops(uint64_t count);
	/** EBUSY while an earlier one is open. */
	Result<std::shared_ptr<Ring>> open_ring();
	/** See remove.h. */
	Result<std::vector<Leftover>> remove_others();
	[[nodiscard]] Status unpin();

private:
	explicit Sensor(const Options &options);

	/* the steps of open(), in their order */
	[[nodiscard]] Status check_machine();
	[[nodiscard]] Status take_lock();
	[[nodiscard]] Status decide_epoch();
	[[nodiscard]] Status load_program();
	[[nodiscard]] Status map_memory();
	[[nodiscard]] Status fill_new_maps();
	[[nodiscard]] Status commit_pins();
	[[nodiscard]] Status move_links();

	[[nodiscard]] Status check_sizes();
	void publish_ignored();

	/* in the order they are acquired, so that they are released in reverse */
	const Options options_;
	std::optional<Lock> lock_;
	PinDirectory directory_;
	Pins pins_;
	Links links_;
	struct epoch epoch_ = {};
	bool resumed_ = false;
	std::optional<Program> program_;
	std::optional<Settings> settings_;
	std::optional<Ignore> ignore_;
	std::optional<Table> table_;
	Mapping counters_;
	std::weak_ptr<Ring> ring_;
};

} // namespace ticker
