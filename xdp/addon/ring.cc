#include "ring.h"

#include <bpf/bpf.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "event.h"

namespace ticker
{

Result<std::shared_ptr<Ring>> Ring::open(int map)
{
	const std::string action = "open the ring";
	size_t page = sysconf(_SC_PAGESIZE);
	bpf_map_info info = {};
	__u32 info_size = sizeof info;

	Descriptor own(fcntl(map, F_DUPFD_CLOEXEC, 0));
	if (!own || bpf_obj_get_info_by_fd(own.get(), &info, &info_size) != 0)
		return system_failure(errno, action);
	size_t size = info.max_entries;
	Mapping consumer(own.get(), page, PROT_READ | PROT_WRITE);
	if (!consumer)
		return system_failure(errno, action);
	Mapping producer(own.get(), page + size, PROT_READ, page);
	if (!producer)
		return system_failure(errno, action);
	return std::shared_ptr<Ring>(
		new Ring(std::move(own), std::move(consumer), std::move(producer), page, size));
}

Ring::Ring(Descriptor map, Mapping consumer, Mapping producer, size_t page, size_t size)
	: map_(std::move(map)), consumer_(std::move(consumer)), producer_(std::move(producer)),
	  data_(producer_.as<uint8_t>() + page), size_(size),
	  position_(__atomic_load_n(this->consumer(), __ATOMIC_ACQUIRE))
{
}

Result<size_t> Ring::pull(uint8_t *into, size_t size)
{
	constexpr size_t EVENT = sizeof(struct event);
	uint64_t begin = position_;
	uint64_t end = __atomic_load_n(producer(), __ATOMIC_ACQUIRE);
	size_t copied = 0;

	if (size < EVENT)
		return Failure{ "EINVAL", "pull from the ring", "the buffer is smaller than one event",
				"Give it at least " + std::to_string(EVENT) + " bytes." };
	while (position_ < end) {
		const uint8_t *record = data_ + (position_ & (size_ - 1));
		uint32_t header =
			__atomic_load_n(reinterpret_cast<const uint32_t *>(record), __ATOMIC_ACQUIRE);
		if (header & BPF_RINGBUF_BUSY_BIT)
			break;
		size_t length = header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		if (!(header & BPF_RINGBUF_DISCARD_BIT) && length == EVENT) {
			if (size - copied * EVENT < EVENT)
				break;
			copy(position_ + BPF_RINGBUF_HDR_SZ, into + copied++ * EVENT, EVENT);
		}
		position_ += (BPF_RINGBUF_HDR_SZ + length + 7) & ~7ULL;
	}
	/* nobody will acknowledge mere discarded records, and until then the ring stays readable */
	if (copied == 0 && begin == acked() && position_ != begin)
		__atomic_store_n(consumer(), position_, __ATOMIC_SEQ_CST);
	return copied;
}

void Ring::copy(uint64_t position, uint8_t *into, size_t size) const
{
	size_t at = position & (size_ - 1);
	size_t until_end = std::min(size, size_ - at);

	memcpy(into, data_ + at, until_end);
	memcpy(into + until_end, data_, size - until_end);
}

Status Ring::ack(uint64_t position)
{
	if (position < acked() || position > position_)
		return Failure{ "EINVAL", "acknowledge position " + std::to_string(position) + " of the ring",
				"it is not between " + std::to_string(acked()) + " and " +
					std::to_string(position_),
				"Acknowledge what `position` was after a pull." };
	/* a full barrier: the kernel compares this position with its own to decide on a wake-up */
	__atomic_store_n(consumer(), position, __ATOMIC_SEQ_CST);
	return {};
}

Status Ring::watch(Napi::Object receiver, Napi::Function callback)
{
	if (watch_)
		return Failure{ "EBUSY", "watch the ring", "it has a callback already",
				"Call onReadable once for each ring." };
	return Watch::start(receiver, callback, map_.get(), &watch_);
}

void Ring::close()
{
	if (watch_)
		watch_->stop();
	consumer_ = Mapping();
	producer_ = Mapping();
	map_ = Descriptor();
}

} // namespace ticker
