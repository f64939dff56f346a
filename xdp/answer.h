/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * A small memory of what the kernel's sockets have answered, for less than two seconds: not connection state, only a
 * bound on the look-ups that anybody can cause. One word an answer: fingerprint (46 bits), answer (2), time (16).
 */
#ifndef PORT_TICKER_ANSWER_H
#define PORT_TICKER_ANSWER_H

#include "hash.h"
#include "maps.h"

enum answer {
	ANSWER_CLOSED,  /* no socket */
	ANSWER_OPEN,    /* a socket that takes packets from anybody */
	ANSWER_FLOW,    /* a socket of this four-tuple */
	ANSWER_FOREIGN, /* not an own address */
};

#define ANSWER_BITS 18 /* answer and time */

static __always_inline __u64 answer_word(__u64 hash, enum answer answer)
{
	return (hash & ~((1ULL << ANSWER_BITS) - 1)) | (__u64)answer << 16 |
	       (__u16)(ticks() >> constants.second_shift);
}

/* The slot of a hash. Null only for the verifier. */
static __always_inline __u64 *answer_slot(__u64 hash)
{
	__u64 *table = bpf_map_lookup_elem(&answers, &zero);

	return table ? table + (hash >> 48 & (ANSWERS - 1)) : 0;
}

/* The answer that is remembered for a hash, -1 without one. */
static __always_inline int recall(const __u64 *slot, __u64 hash)
{
	__u64 word = *(volatile __u64 *)slot;
	__u16 age = (__u16)(ticks() >> constants.second_shift) - (__u16)word;

	return (word ^ hash) >> ANSWER_BITS || age > 1 ? -1 : (int)(word >> 16 & 3);
}

#endif
