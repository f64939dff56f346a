#pragma once

#include <cstdint>
#include <memory>

#include "error.h"
#include "handle.h"
#include "watch.h"

namespace ticker
{

/**
 * The reading end of the BPF ring buffer. Positions are bytes since the ring was made. What is acknowledged is
 * kept by the kernel in the ring itself, so a process that dies between pull and ack loses nothing.
 */
class Ring
{
public:
	/** Continues behind what an earlier reader has acknowledged. */
	static Result<std::shared_ptr<Ring>> open(int map);
	Ring(const Ring &) = delete;
	~Ring() { close(); }

	/** Copies events back to back, as many as are ready and fit, and returns how many. */
	Result<size_t> pull(uint8_t *into, size_t size);
	/** Frees the ring up to here: between acked() and position(). */
	[[nodiscard]] Status ack(uint64_t position);
	uint64_t position() const { return position_; }
	uint64_t acked() const { return __atomic_load_n(consumer(), __ATOMIC_RELAXED); }
	uint64_t used() const { return __atomic_load_n(producer(), __ATOMIC_ACQUIRE) - acked(); }
	size_t size() const { return size_; }

	/** Once. */
	[[nodiscard]] Status watch(Napi::Object receiver, Napi::Function callback);
	/** Null while nobody watches. */
	Watch *watcher() const { return watch_; }

	bool is_open() const { return static_cast<bool>(map_); }
	void close();

private:
	Ring(Descriptor map, Mapping consumer, Mapping producer, size_t page, size_t size);
	/** Copies what may wrap around the end of the data. */
	void copy(uint64_t position, uint8_t *into, size_t size) const;
	unsigned long *consumer() const { return consumer_.as<unsigned long>(); }
	unsigned long *producer() const { return producer_.as<unsigned long>(); }

	Descriptor map_;
	Mapping consumer_; /* a page with the acknowledged position */
	/*
	 * A page with the producer's position, then the data. The kernel has them a second time behind it, so that no record
	 * wraps; but every page of that would count again as this process' memory.
	 */
	Mapping producer_;
	const uint8_t *data_;
	size_t size_;
	uint64_t position_;
	Watch *watch_ = nullptr;
};

} // namespace ticker
