/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * The keyed hash of an address: secret odd multipliers around xor-shifts. Nobody who does not know the secret
 * can aim sources at one bucket. Not a cryptographic hash; siphash-1-3 costs some 15 ns more a packet.
 */
#ifndef PORT_TICKER_HASH_H
#define PORT_TICKER_HASH_H

#include "event.h"

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

/* high, low: 128 bits as they lie in memory. The upper 32 bits choose the bucket, the lower are the tag. */
static __always_inline __u64 hash_address(const volatile __u64 *secret, __u64 high, __u64 low, int ipv6)
{
	/* the IPv4 address in the low half, so that the product fills all 64 bits */
	__u64 x = ((ipv6 ? low : low >> 32) ^ secret[2]) * (secret[0] | 1);

	if (ipv6) {
		/* the upper half goes through a secret product of its own: a plain xor of the halves could be cancelled */
		__u64 y = (high ^ secret[3]) * (secret[1] | 1);

		x = (x ^ x >> 32) + (y ^ y >> 29);
		x *= secret[0] | 1;
	}
	x ^= x >> 32;
	x *= secret[1] | 1;
	x ^= x >> 29;
	return x;
}

/* `salt` differs from source to source, so that the same ports do not err alike in every sketch. */
static __always_inline __u64 hash_port(const volatile __u64 *secret, __u64 salt, __u16 port)
{
	__u64 x = (salt + port) * (secret[3] | 1);

	x ^= x >> 32;
	x *= secret[2] | 1;
	x ^= x >> 32;
	return x;
}

/*
 * The factor that makes of an address the upper bits of a product. Addresses lie in memory with their last byte in the upper
 * bits of a word: the bits by which that byte, and the one before it, move the upper three bits are set so that a step of one
 * is between a quarter and a half of their range. So neighbours always differ, and everything else is the secret's.
 */
static __always_inline __u64 target_factor(__u64 secret)
{
	const __u64 last = 3ULL << 38, before = 3ULL << 46;

	return (secret & ~(last | before)) | 1ULL << 38 | 1ULL << 46 | 1;
}

/* `asker` must not overlap with the ports where anybody can choose it: an IPv4 address in the upper half, or a hash. */
static __always_inline __u64 hash_flow(const volatile __u64 *secret, __u64 target, __u64 asker, __u32 ports)
{
	__u64 x = (target ^ secret[2]) * (secret[0] | 1) + (asker ^ ports ^ secret[3]) * (secret[1] | 1);

	x ^= x >> 32;
	x *= secret[3] | 1;
	x ^= x >> 32;
	return x;
}

#endif
