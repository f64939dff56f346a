/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * The source table: buckets of WAYS sources. A bucket's heads are one cache line and answer "the same port as
 * last time?", "whose slot?" and "whom to evict?"; the source itself is another cache line, touched only when
 * the port changes.
 *
 * A full bucket gives way to a newcomer by suspicion and age, never by order of arrival, so that a flood of
 * spoofed sources cannot push a scanner out: the least suspicious goes, suspicion fades with time, and while
 * even that one is young, most newcomers are turned away. Half of the ways are kept for those who came first: once a
 * source in them has touched two ports, only much more suspicious ones take its place, so that a flood whose sources send
 * a few probes each, and so look worse than a quiet scanner, fights over the other half.
 */
#ifndef PORT_TICKER_TABLE_H
#define PORT_TICKER_TABLE_H

#include "emit.h"
#include "hash.h"
#include "parse.h"
#include "sketch.h"

#define AGE_SHIFT 10 /* ticks in a unit of age: 2^10, 16 s at 250 Hz; 8 bits of age last 70 min */
#define MAX_LEVEL 31
#define TARGET_MASK 0xe0000000u /* of the low word of a head */
#define YOUNG 2                 /* units of age within which a way is not given up lightly */
#define FADING_SHIFT 3          /* a level of suspicion fades in 2^3 units of age */
#define ADMISSION_SHIFT 3       /* of 2^3 newcomers one is admitted in place of a young source */
#define SENIORS 4               /* ways of a bucket in which a source of two ports … */
#define SENIOR_LEVEL 16         /* … weighs as much as one of this level, until its suspicion has faded */

struct bucket {
	struct head ways[WAYS];
};

/* The place of a source in the table. */
struct place {
	__u32 index; /* of the bucket */
	__u32 tag;
	__u32 way;  /* WAYS: not found */
	__u32 head; /* the low word of its head as it was when found: port, age, level */
};

/* `target`: see target_of. */
static __always_inline __u32 head_word(__u16 port, __u32 age, __u32 level, __u32 target)
{
	return target | level << 24 | (age & 0xff) << 16 | port;
}
static __always_inline __u32 head_age(__u32 word) { return word >> 16 & 0xff; }
static __always_inline __u32 head_level(__u32 word) { return word >> 24 & MAX_LEVEL; }

/* What the fast path compares: target and port. */
static __always_inline __u32 head_target(__u32 word) { return word & TARGET_MASK; }
static __always_inline __u32 head_last(__u32 word) { return word & (TARGET_MASK | 0xffff); }

/*
 * A keyed hash of the destination, 3 bits where a head has them: of the changes of the target by chance seven of eight show
 * on the fast path, of those to a neighbour all (see target_factor).
 */
static __always_inline __u32 target_of(const struct packet *packet)
{
	__u32 words = packet->destination_low >> 32 ^ packet->destination_low ^ packet->destination_high;

	return words * constants.target_factor >> 32 & TARGET_MASK;
}

static __always_inline __u32 age_of(__u64 tick) { return tick >> AGE_SHIFT & 0xff; }

/* Twice the logarithm of the count, two for each point of the score, and as much as that verdict for a sweep. */
static __always_inline __u32 level_of(const struct source *source)
{
	__u32 changes = source->changes + (source->changes != ~0u);
	__u32 level = (source->score > 0 ? 2 * source->score : 0) +
		      (source->flags & FLAG_SWEPT ? 2 * SCORE_VERDICT : 0);

#pragma unroll
	for (__u32 bits = 16; bits > 0; bits >>= 1) {
		if (changes >= 1u << bits) {
			level += 2 * bits;
			changes >>= bits;
		}
	}
	return level < MAX_LEVEL ? level : MAX_LEVEL;
}

/* Null only for the verifier. */
static __always_inline struct bucket *bucket_at(__u32 index)
{
	struct bucket *table = bpf_map_lookup_elem(&heads, &zero);

	return table ? table + (index & constants.bucket_mask) : 0;
}

static __always_inline void find(const struct packet *packet, struct place *place)
{
	__u64 hash = hash_address(constants.secret, packet->source_high, packet->source_low, packet->ipv6);
	struct bucket *bucket = bucket_at(hash >> 32);

	place->index = hash >> 32;
	place->tag = (__u32)hash | 1;
	place->way = WAYS;
	place->head = 0;
	if (!bucket)
		return;
#pragma unroll
	for (int way = 0; way < WAYS; way++) {
		if (bucket->ways[way].tag == place->tag) {
			place->way = way;
			place->head = *(__u32 *)&bucket->ways[way];
			break;
		}
	}
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
static __always_inline __u32 choose_way(const struct bucket *bucket, const struct packet *packet,
					const struct place *place, __u32 age)
{
	/* from the packet and the secret: each probe of a scanner tosses anew, and nobody can predict it */
	__u64 toss = hash_port(constants.secret, packet->ports ^ place->tag, 0);
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
		__u32 word = *(volatile __u32 *)&bucket->ways[way];
		__u32 idle = idle_of(word, age);
		__u32 faded = idle >> FADING_SHIFT;
		__u32 level = head_level(word);
		__u32 left = level > faded ? level - faded : 0;
		__u32 weight = way < SENIORS && left && left < SENIOR_LEVEL ? SENIOR_LEVEL : left;
		__u32 rank = weight << 11 | (255 - idle) << 3 | ((way ^ start) & (WAYS - 1));

		if (rank < best)
			best = rank;
		/* one way after the other: all at once would not fit into the registers */
		asm volatile("" : "+r"(best));
	}
	if (turned_away && (best >> 3 & 0xff) >= 255 - YOUNG)
		return WAYS;
	return (best ^ start) & (WAYS - 1);
}

/* Whether another way of the bucket has the tag, too. */
static __always_inline int has_twin(const struct bucket *bucket, const struct place *place, __u32 own)
{
	int twin = 0;

#pragma unroll
	for (__u32 way = 0; way < WAYS; way++)
		twin |= way != own && *(volatile __u32 *)&bucket->ways[way].tag == place->tag;
	return twin;
}

static __always_inline void count_lost(void)
{
	struct counters *shared = bpf_map_lookup_elem(&counters, &zero);

	count(STAT_CROSSINGS_LOST);
	if (shared)
		__sync_fetch_and_add(&shared->drops, 1);
}

/*
 * Gives a newcomer a place; returns its way, WAYS when it has to wait. Of two CPUs that meet on one new source the slower
 * one finds the way taken, or, having chosen another, that there are two now, and gives its own up: its packet is not
 * counted. A global function: the verifier walks it once, not again for every place that calls it.
 */
__noinline int admit(struct xdp_md *ctx, const struct packet *packet, const struct place *place, __u16 kinds,
		     __u8 flags)
{
	const struct settings *settings = active_settings();
	__u64 now = ticks();
	struct source *source;
	struct bucket *bucket;
	__u64 *head, old, new;
	__u32 way;
	__u16 port;

	if (!packet || !place || !settings) /* a global function must ask */
		return WAYS;
	bucket = bucket_at(place->index);
	if (!bucket)
		return WAYS;
	port = packet->ports >> 16;
	way = choose_way(bucket, packet, place, age_of(now));
	if (way >= WAYS) {
		count(STAT_SOURCES_REFUSED);
		return WAYS;
	}
	way = hidden(way, place->tag) & (WAYS - 1);
	source = source_at(place->index, way);
	if (!source)
		return WAYS;
	head = (__u64 *)&bucket->ways[way];
	old = *(volatile __u64 *)head;
	new = (__u64)place->tag << 32 | head_word(port, age_of(now), 0, target_of(packet));
	if (__sync_val_compare_and_swap(head, old, new) != old) {
		count(STAT_RACES);
		return WAYS;
	}
	if (old >> 32) { /* the tag: user space may have taken it away (addon/table.cc, forget) */
		count(STAT_SOURCES_EVICTED);
		if (is_unpublished(source, settings->threshold) && !emit_final(ctx, source))
			count_lost();
	}
	if (has_twin(bucket, place, way)) {
		/* unless the way has another owner by now */
		__sync_val_compare_and_swap(&bucket->ways[way].tag, place->tag, 0);
		count(STAT_RACES);
		return WAYS;
	}
	/* first the count, then the address: a sweep in between must not see the old count at the new address */
	reset_count(source, port, kinds);
	((volatile __u64 *)source->address)[0] = packet->source_high;
	((volatile __u64 *)source->address)[1] = packet->source_low;
	begin_episode(source, port, kinds, now);
	set_flags(source, flags);
	count(STAT_SOURCES_ADMITTED);
	return way;
}

#endif
