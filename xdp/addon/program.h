#pragma once

#include <functional>
#include <memory>
#include <string>

#include "error.h"
#include "event.h"
#include "pins.h"

struct port_ticker; /* the skeleton that bpftool generates */
struct bpf_map;
struct btf;

namespace ticker
{

struct Verdict {
	uint32_t verdict; /* enum xdp_action */
	uint32_t nanoseconds;
};

/** The kernel program and its maps, loaded from the object that is embedded in this addon. */
class Program
{
public:
	struct Sizes {
		uint32_t max_sources;
		uint32_t ring_bytes;
	};

	/** Loads with new maps. */
	static Result<Program> load(const struct epoch &epoch, Sizes sizes);
	/** Loads with the pinned maps, which must have these sizes. */
	static Result<Program> load(const struct epoch &epoch, Sizes sizes, const Pins &pins);

	/** The types of event.h as the embedded object knows them, for as long as `use` runs. */
	[[nodiscard]] static Status with_types(const std::function<Status(const btf *)> &use);

	/** Of the program that is attached to devices. */
	int fd() const;
	/** Of a map, by its name in maps.h. */
	int map(const char *name) const;
	/** Pins the program, and all maps that outlive it. */
	[[nodiscard]] Status pin(Pins &pins) const;
	/** Pins again what is missing of that. True when anything was. */
	Result<bool> restore(Pins &pins) const;

	/** The kernel's tick now. */
	Result<uint64_t> tick() const;
	/** Runs the program on a frame without a device. Nanoseconds are the mean of the repeats. */
	Result<Verdict> run(const uint8_t *frame, size_t size, uint32_t repeat) const;

private:
	struct Unload {
		void operator()(::port_ticker *skeleton) const;
	};
	using Skeleton = std::unique_ptr<::port_ticker, Unload>;
	using Prepare = std::function<Status(::port_ticker &)>;

	Program(Skeleton skeleton, bool frags) : skeleton_(std::move(skeleton)), frags_(frags) {}
	static Result<Program> load(const struct epoch &epoch, const Prepare &prepare);
	static Result<Program> load(const struct epoch &epoch, const Prepare &prepare, bool frags);

	Skeleton skeleton_;
	bool frags_;
};

} // namespace ticker
