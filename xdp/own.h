/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * The addresses of the sensor's own network namespace: a set of their keyed hashes, in buckets of one cache line, which
 * user space keeps current. A hash of 64 bits that nobody else can compute stands for the address.
 */
#ifndef PORT_TICKER_OWN_H
#define PORT_TICKER_OWN_H

#include "hash.h"

/* Never 0, which is an empty place. */
static __always_inline __u64 own_word(const volatile __u64 *secret, __u64 high, __u64 low, int ipv6)
{
	return hash_address(secret, high, low, ipv6) | 1;
}

/* Where the bucket of a word begins. */
static __always_inline __u32 own_bucket(__u64 word) { return (word >> 32 & (OWN_BUCKETS - 1)) * OWN_WAYS; }

#endif
