/** Owners of what the kernel hands out: file descriptors and mapped memory. */
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <utility>

namespace ticker
{

class Descriptor
{
public:
	Descriptor() = default;
	explicit Descriptor(int fd) : fd_(fd) {}
	Descriptor(Descriptor &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
	Descriptor &operator=(Descriptor &&other) noexcept
	{
		std::swap(fd_, other.fd_);
		return *this;
	}
	~Descriptor()
	{
		if (fd_ >= 0)
			::close(fd_);
	}

	explicit operator bool() const { return fd_ >= 0; }
	int get() const { return fd_; }

private:
	int fd_ = -1;
};

/** A part of a file or map, mapped shared. */
class Mapping
{
public:
	Mapping() = default;
	/** False afterwards when it failed; errno says why. The size need not be whole pages. */
	Mapping(int fd, size_t size, int protection, off_t offset = 0)
		: memory_(::mmap(nullptr, size, protection, MAP_SHARED, fd, offset)), size_(size)
	{
	}
	Mapping(Mapping &&other) noexcept
		: memory_(std::exchange(other.memory_, MAP_FAILED)), size_(other.size_)
	{
	}
	Mapping &operator=(Mapping &&other) noexcept
	{
		std::swap(memory_, other.memory_);
		std::swap(size_, other.size_);
		return *this;
	}
	~Mapping()
	{
		if (memory_ != MAP_FAILED)
			::munmap(memory_, size_);
	}

	explicit operator bool() const { return memory_ != MAP_FAILED; }
	template <typename T>
	T *as() const
	{
		return static_cast<T *>(memory_);
	}

private:
	void *memory_ = MAP_FAILED;
	size_t size_ = 0;
};

} // namespace ticker
