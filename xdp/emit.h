/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/* How an event leaves the kernel. */
#ifndef PORT_TICKER_EMIT_H
#define PORT_TICKER_EMIT_H

#include "maps.h"
#include "parse.h"
#include "untold.h"

/* score, flags, sketched and closed as one word, so that a flag is set once whatever other CPUs do. */
static __always_inline __u32 set_flags(struct source *source, __u32 flags)
{
	return __sync_fetch_and_or((__u32 *)&source->score, flags << 8) >> 8 & 0xff;
}

static __always_inline __u32 clear_flags(struct source *source, __u32 flags)
{
	return __sync_fetch_and_and((__u32 *)&source->score, ~(flags << 8)) >> 8 & 0xff;
}

/* A first crossing, or a count that has doubled since it was reported above the threshold. */
static __always_inline int is_crossing(__u32 changes, __u32 reported, __u32 threshold)
{
	return changes > threshold && (reported <= threshold || changes >= 2 * (__u64)reported);
}

enum telling {
	TELL,
	TOLD,      /* somebody else has published as much */
	OVERTAKEN, /* somebody has published a smaller count at the same moment */
};

/* Decides which of several CPUs, and the sweep, tells; marks what is told. A published count never goes back. */
static __always_inline enum telling claim_telling(struct source *source, enum reason reason, __u32 changes,
						  __u32 threshold)
{
	__u32 reported = *(volatile __u32 *)&source->reported, found = reported;
	int is_verdict = reason == REASON_CLOSED_PORTS || reason == REASON_SWEEP;
	__u32 flags = reason == REASON_CLOSED_PORTS  ? FLAG_TOLD_CLOSED
		      : reason == REASON_SWEEP       ? FLAG_TOLD_SWEEP
		      : reason == REASON_COUNT_FINAL ? untold_verdicts(source)
						     : 0;
	int is_first = flags && flags & ~set_flags(source, flags);

	if (reason == REASON_THRESHOLD && !is_crossing(changes, reported, threshold))
		return TOLD; /* another CPU's crossing was a moment earlier */
	if (reported < changes)
		found = __sync_val_compare_and_swap(&source->reported, reported, changes);
	if (is_first || (!is_verdict && reported < changes && found == reported))
		return TELL;
	return is_verdict || found >= changes ? TOLD : OVERTAKEN;
}

static __always_inline enum statistic statistic_of(enum reason reason)
{
	switch (reason) {
	case REASON_CLOSED_PORTS:
		return STAT_CROSSINGS_CLOSED;
	case REASON_SWEEP:
		return STAT_CROSSINGS_SWEEP;
	case REASON_COUNT_FINAL:
		return STAT_CROSSINGS_FINAL;
	default:
		return STAT_CROSSINGS_THRESHOLD;
	}
}

/* What an event says about the packet that crossed. Without one, when an episode has ended, all is zero, vlan NO_VLAN. */
static __always_inline void describe(struct event *event, const struct xdp_md *ctx,
				     const struct packet *packet)
{
	event->vlan = NO_VLAN;
	__builtin_memset(event->destination, 0, sizeof event->destination);
	event->ifindex = 0;
	event->source_port = 0;
	event->destination_port = 0;
	event->protocol = 0;
	event->tcp_flags = 0;
	if (!packet)
		return;
	((__u64 *)event->destination)[0] = packet->destination_high;
	((__u64 *)event->destination)[1] = packet->destination_low;
	event->ifindex = ctx->ingress_ifindex;
	event->source_port = packet->ports & 0xffff;
	event->destination_port = packet->ports >> 16;
	event->vlan = packet->vlan;
	event->protocol = packet->protocol;
	event->tcp_flags = packet->tcp_flags;
}

static __always_inline __u32 active_threshold(void)
{
	const struct settings *settings = active_settings();

	return settings ? settings->threshold : 0;
}

/* Null when the ring is full; then it is not asked again within the same tick. */
static __always_inline struct event *reserve(void)
{
	struct counters *shared = bpf_map_lookup_elem(&counters, &zero);
	struct event *event;

	if (!shared || shared->full_tick == ticks())
		return 0;
	event = bpf_ringbuf_reserve(&ring, sizeof *event, 0);
	if (!event) {
		count(STAT_RING_FULL);
		shared->full_tick = ticks();
	}
	return event;
}

/* The numbers that an event has from all CPUs together. */
static __always_inline void number(struct event *event)
{
	struct counters *shared = bpf_map_lookup_elem(&counters, &zero);

	event->sequence = shared ? __sync_fetch_and_add(&shared->sequence, 1) + 1 : 0;
	event->drops = shared ? shared->drops : 0;
	event->tick = ticks();
}

/*
 * Puts one event into the ring and marks `changes` and the verdict as reported. `packet`: the one that crossed, null when
 * an episode has ended. Returns 0 when that is not out: the ring is full, or somebody has published a smaller count at the
 * same moment. Then the next change, the sweep or the end of the episode delivers. Returns 1 also when another CPU or the
 * sweep has published it meanwhile. A global function: the verifier walks it once, not again for every place that calls it.
 */
__noinline int emit(struct xdp_md *ctx, struct source *source, const struct packet *packet,
		    enum reason reason, __u32 changes)
{
	enum telling telling;
	struct event *event;

	if (!source) /* a global function must ask */
		return 0;
	event = reserve();
	if (!event)
		return 0;
	event->threshold = active_threshold();
	telling = claim_telling(source, reason, changes, event->threshold);
	if (telling != TELL) {
		bpf_ringbuf_discard(event, 0); /* wakes: the next event may not, as it is not the oldest */
		return telling == TOLD;
	}
	number(event);
	describe(event, ctx, packet);
	event->reason = reason;
	__builtin_memset(event->reserved, 0, sizeof event->reserved);
	__builtin_memcpy(&event->source, source, sizeof *source);
	event->source.changes = changes;
	bpf_ringbuf_submit(event, 0);
	count(statistic_of(reason));
	return 1;
}

/* The last word on an episode that ends. Returns 0 when the ring is full. */
static __always_inline int emit_final(struct xdp_md *ctx, struct source *source)
{
	return emit(ctx, source, 0, REASON_COUNT_FINAL, source->changes);
}

#endif
