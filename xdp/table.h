/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * The source table: buckets of WAYS sources. A bucket's heads are one cache line and answer "the same port as
 * last time?", "whose slot?" and "whom to evict?"; the source itself is another cache line, touched only when
 * the port changes.
 *
 * A full bucket gives way to a newcomer by suspicion and age, never by order of arrival, so that a flood of
 * spoofed sources cannot push a scanner out: the least suspicious goes, suspicion fades with time, and while
 * even that one is young, most newcomers are turned away.
 */
#ifndef PORT_TICKER_TABLE_H
#define PORT_TICKER_TABLE_H

#include "emit.h"
#include "hash.h"
#include "parse.h"
#include "sketch.h"

#define AGE_SHIFT 10 /* ticks in a unit of age: 2^10, 16 s at 250 Hz; 8 bits of age last 70 min */
#define MAX_LEVEL 31
#define YOUNG 2           /* units of age within which a way is not given up lightly */
#define FADING_SHIFT 3    /* a level of suspicion fades in 2^3 units of age */
#define ADMISSION_SHIFT 3 /* of 2^3 newcomers one is admitted in place of a young source */

struct bucket {
	struct head ways[WAYS];
};

/* The place of a source in the table. */
struct place {
	struct bucket *bucket;
	__u32 index; /* of the bucket */
	__u32 tag;
	__u32 way;  /* WAYS: not found */
	__u32 head; /* the low word of its head as it was when found: port, age, level */
};

/* `target`: 3 bits, see target_of. */
static __always_inline __u32 head_word(__u16 port, __u32 age, __u32 level, __u32 target)
{
	return target << 29 | level << 24 | (age & 0xff) << 16 | port;
}
static __always_inline __u32 head_age(__u32 word) { return word >> 16 & 0xff; }
static __always_inline __u32 head_level(__u32 word) { return word >> 24 & MAX_LEVEL; }

/* What the fast path compares: port and target. */
static __always_inline __u32 head_last(__u32 word) { return word & 0xe000ffff; }

/* 3 bits of a keyed hash of the destination: seven of eight changes of the target show on the fast path. */
static __always_inline __u32 target_of(const struct packet *packet)
{
	return (packet->target * ((__u32)constants.secret[2] | 1)) >> 29;
}

static __always_inline __u32 age_of(__u64 tick) { return tick >> AGE_SHIFT & 0xff; }

/* Twice the logarithm of the count, and two for each point of the score. */
static __always_inline __u32 level_of(const struct source *source)
{
	__u32 changes = source->changes + (source->changes != ~0u);
	__u32 level = source->score > 0 ? 2 * source->score : 0;

#pragma unroll
	for (__u32 bits = 16; bits > 0; bits >>= 1) {
		if (changes >= 1u << bits) {
			level += 2 * bits;
			changes >>= bits;
		}
	}
	return level < MAX_LEVEL ? level : MAX_LEVEL;
}

/* Returns 0 only for the verifier. */
static __always_inline int find(const struct packet *packet, struct place *place)
{
	void *table = bpf_map_lookup_elem(&heads, &zero);
	__u64 hash;

	if (!table)
		return 0;
	hash = hash_address(constants.secret, packet->source_high, packet->source_low, packet->ipv6);
	place->tag = (__u32)hash | 1;
	place->index = (hash >> 32) & constants.bucket_mask;
	place->bucket = (struct bucket *)table + place->index;
	place->way = WAYS;
#pragma unroll
	for (int way = 0; way < WAYS; way++) {
		if (place->bucket->ways[way].tag == place->tag) {
			place->way = way;
			place->head = *(__u32 *)&place->bucket->ways[way];
			break;
		}
	}
	return 1;
}

static __always_inline struct source *source_at(__u32 index, __u32 way)
{
	struct source *table = bpf_map_lookup_elem(&sources, &zero);

	return table ? table + (index & constants.bucket_mask) * WAYS + (way & (WAYS - 1)) : 0;
}

static __always_inline int is_of(const struct source *source, const struct packet *packet)
{
	return ((__u64 *)source->address)[0] == packet->source_high &&
	       ((__u64 *)source->address)[1] == packet->source_low;
}

/* The word with count, port and kinds, written as a whole. */
static __always_inline void reset_count(struct source *source, __u16 port, __u16 kinds)
{
	*(volatile __u64 *)&source->changes = (__u64)kinds << 48 | (__u64)port << 32;
}

/* An episode begins with a count of 0 and this port. */
static __always_inline void begin_episode(struct source *source, __u16 port, __u16 kinds, __u32 now)
{
	reset_count(source, port, kinds);
	/* after the count: a sweep relies on it (addon/table.cc, read) */
	*(volatile __u32 *)&source->first = now;
	source->last = now;
	source->reported = 0;
	__builtin_memset(source->targets, 0, sizeof source->targets);
	source->open = 0;
	source->closed = 0;
	source->score = 0;
	clear_flags(source, ~0u);
	remember_first_port(constants.secret, source, port);
}

/*
 * Units of age since the last change. One more than the difference: another CPU may have written an age that is
 * ahead of this packet's clock.
 */
static __always_inline __u32 idle_of(__u32 word, __u32 age) { return (age + 1 - head_age(word)) & 0xff; }

/* The way for a newcomer, WAYS when it has to wait. */
static __always_inline __u32 choose_way(const struct packet *packet, const struct place *place, __u32 age)
{
	struct bucket *bucket = place->bucket;
	/* from the packet and the secret: each probe of a scanner tosses anew, and nobody can predict it */
	__u64 toss = (__u64)(packet->ports ^ place->tag) * (constants.secret[3] | 1);
	__u32 turned_away = toss >> (64 - ADMISSION_SHIFT);
	__u32 start = toss >> 32 & (WAYS - 1); /* where equals are sought first */
	__u32 best = ~0u;

#pragma unroll
	for (int way = WAYS - 1; way >= 0; way--)
		if (!bucket->ways[way].tag)
			best = way;
	if (best < WAYS)
		return best;
	/* under a flood this is where most packets end: look at one way, not at all of them */
	if (turned_away && idle_of(*(__u32 *)&bucket->ways[start], age) <= YOUNG)
		return WAYS;
#pragma unroll
	for (int way = 0; way < WAYS; way++) {
		__u32 word = *(__u32 *)&bucket->ways[way];
		__u32 idle = idle_of(word, age);
		__u32 faded = idle >> FADING_SHIFT;
		__u32 level = head_level(word);
		__u32 left = level > faded ? level - faded : 0;
		__u32 rank = left << 11 | (255 - idle) << 3 | ((way ^ start) & (WAYS - 1));

		if (rank < best)
			best = rank;
	}
	if (turned_away && (best >> 3 & 0xff) >= 255 - YOUNG)
		return WAYS;
	return (best ^ start) & (WAYS - 1);
}

/* Whether another way of the bucket has the tag, too. */
static __always_inline int has_twin(const struct place *place, __u32 own)
{
	int twin = 0;

#pragma unroll
	for (__u32 way = 0; way < WAYS; way++)
		twin |= way != own && *(volatile __u32 *)&place->bucket->ways[way].tag == place->tag;
	return twin;
}

/*
 * Gives a newcomer a place, if there is one; returns its source, null otherwise. Of two CPUs that meet on one new source
 * the slower one finds the way taken, or, having chosen another, that there are two now, and gives its own up: its packet
 * is not counted.
 */
static __always_inline struct source *admit(const struct packet *packet, struct place *place, __u16 kinds,
					    __u32 threshold)
{
	__u64 now = ticks();
	__u32 way = choose_way(packet, place, age_of(now));
	struct counters *shared = bpf_map_lookup_elem(&counters, &zero);
	__u16 port = packet->ports >> 16;
	struct source *source;
	__u64 *head, old, new;

	if (way >= WAYS || !shared) {
		count(STAT_SOURCES_REFUSED);
		return 0;
	}
	way = hidden(way) & (WAYS - 1);
	source = source_at(place->index, way);
	if (!source)
		return 0;
	head = (__u64 *)&place->bucket->ways[way];
	old = *(volatile __u64 *)head;
	new = (__u64)place->tag << 32 | head_word(port, age_of(now), 0, target_of(packet));
	if (__sync_val_compare_and_swap(head, old, new) != old) {
		count(STAT_RACES);
		return 0;
	}
	if (old >> 32) { /* the tag: user space may have taken it away (addon/table.cc, forget) */
		count(STAT_SOURCES_EVICTED);
		if (is_unpublished(source, threshold) && !emit_final(source, threshold)) {
			count(STAT_CROSSINGS_LOST);
			__sync_fetch_and_add(&shared->drops, 1);
		}
	}
	if (has_twin(place, way)) {
		*(volatile __u64 *)head = 0;
		count(STAT_RACES);
		return 0;
	}
	/* first the count, then the address: a sweep in between must not see the old count at the new address */
	reset_count(source, port, kinds);
	((volatile __u64 *)source->address)[0] = packet->source_high;
	((volatile __u64 *)source->address)[1] = packet->source_low;
	begin_episode(source, port, kinds, now);
	count(STAT_SOURCES_ADMITTED);
	return source;
}

#endif
