/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * How many distinct ports has a source touched? The first EXACT_PORTS are remembered, all go through an
 * S-bitmap (Chen, Cao, Shepp, Nguyen: Distinct Counting with a Self-Learning Bitmap, 2009), which samples new
 * ports ever more rarely as it fills: 64 bits reach the 65 536 ports there are. With b bits set the estimate
 * is C/2 * (q^-b - 1), C = 12.5, q = 1 - 2/(C + 1); its standard error is about 30 % (test/xdp/sketch.test.ts).
 */
#ifndef PORT_TICKER_SKETCH_H
#define PORT_TICKER_SKETCH_H

#include "hash.h"

/*
 * The sampling rate with k bits set, of 2^32: m/(m + 1 - i) * (1 + 1/C) * q^i, i = min(k + 1, floor(m - C/2)),
 * m = 64.
 */
static const __u32 sketch_rate[64] = {
	3951369912, 3419410059, 2959811933, 2562654412, 2219385271, 1922631308, 1666034920, 1444113440,
	1252138042, 1086029493, 942268388,  817817846,  710056947,  616723391,  535864102,  465792681,
	405052740,  352386308,  306706601,  267074555,  232678589,  202817168,  176883756,  154353847,
	134773775,  117751067,  102946108,  90064963,   78853173,   69090399,   60585807,   53174075,
	46711948,   41075261,   36156372,   31861937,   28110995,   24833306,   21967925,   19461954,
	17269481,   15350650,   13670865,   12200101,   10912313,   9784920,    8798374,    7935789,
	7182623,    6526433,    5956665,    5464519,    5042874,    4686307,    4391243,    4156321,
	3983141,    3983141,    3983141,    3983141,    3983141,    3983141,    3983141,    3983141,
};

/* Returns 1 when the port was sampled. */
static __always_inline int sketch_add(const volatile __u64 *secret, struct source *source, __u16 port)
{
	__u64 hash = hash_port(secret, ((__u64 *)source->address)[1], port);
	__u64 bit = 1ULL << (hash & 63);

	if (!(source->sketch & bit) && (__u32)(hash >> 32) < sketch_rate[source->sketched & 63]) {
		source->sketch |= bit;
		source->sketched++;
		return 1;
	}
	return 0;
}

/*
 * Returns 1 for a port that is new to the episode: exactly for the first EXACT_PORTS, after that for those which the
 * sketch samples. No port is called new twice.
 */
static __always_inline int remember_port(const volatile __u64 *secret, struct source *source, __u16 port)
{
	int sampled = sketch_add(secret, source, port);
	int known = source->ports[0] == port;
	__u32 unused = 0;

	if (!sampled && source->ports[EXACT_PORTS - 1] != source->ports[0])
		return 0;
#pragma unroll
	for (int i = 1; i < EXACT_PORTS; i++) {
		known |= source->ports[i] == port;
		if (!unused && source->ports[i] == source->ports[0])
			unused = i;
	}
	if (known)
		return 0;
	if (!unused)
		return sampled;
	source->ports[unused] = port;
	return 1;
}

/* The first port of an episode. */
static __always_inline void remember_first_port(const volatile __u64 *secret, struct source *source,
						__u16 port)
{
	source->sketch = 0;
	source->sketched = 0;
#pragma unroll
	for (int i = 0; i < EXACT_PORTS; i++)
		source->ports[i] = port;
	sketch_add(secret, source, port);
}

/*
 * Linear counting (Whang, Vander-Zanden, Taylor 1990) of destination addresses. Returns 1 for a bit that was not set. Two
 * CPUs may lose one of two bits that are set at the same time: an estimate bears it.
 */
static __always_inline int remember_target(const volatile __u64 *secret, struct source *source, __u64 high,
					   __u64 low)
{
	__u64 address = high ^ low;
	/* folded: what differs between neighbours is in the upper bits, from where a product does not spread it */
	__u32 bit = ((hash_port(secret, address ^ address >> 32, 0) >> 32) * TARGET_BITS) >> 32;
	__u8 *byte = &source->targets[bit >> 3 & 3];

	if (bit >= TARGET_BITS || *byte & 1 << (bit & 7))
		return 0;
	*byte |= 1 << (bit & 7);
	return 1;
}

/* Bits set in the sketch of targets. */
static __always_inline __u32 count_targets(const struct source *source)
{
	__u32 bits = source->targets[0] | source->targets[1] << 8 | source->targets[2] << 16;

	bits = bits - (bits >> 1 & 0x555555);
	bits = (bits & 0x333333) + (bits >> 2 & 0x333333);
	bits = (bits + (bits >> 4)) & 0x0f0f0f;
	return (bits * 0x010101) >> 16 & 0xff;
}

#endif
