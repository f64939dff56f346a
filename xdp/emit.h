/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/* How an event leaves the kernel. */
#ifndef PORT_TICKER_EMIT_H
#define PORT_TICKER_EMIT_H

#include "maps.h"

/* What an event says about the packet that crossed; all zero, vlan NO_VLAN, when an episode has ended. */
struct circumstances {
	__u64 destination_high, destination_low;
	__u32 ifindex;
	__u32 ports; /* as in struct packet */
	__u16 vlan;
	__u8 protocol;
	__u8 tcp_flags;
};

/*
 * Puts one event into the ring and marks `changes` as reported. Returns 0 when that count is not out: the ring is
 * full, or somebody has published a smaller one at the same moment. Then the next change, the sweep or the end of
 * the episode delivers. Returns 1 also when another CPU or the sweep has published it meanwhile. Not inlined:
 * rare, and too large to stand in the program three times.
 */
static __noinline int emit(struct source *source, const struct circumstances *seen, enum reason reason,
			   __u32 changes, __u32 threshold)
{
	struct counters *shared = bpf_map_lookup_elem(&counters, &zero);
	__u32 reported = *(volatile __u32 *)&source->reported;
	__u32 found = reported;
	__u64 now = ticks();
	struct event *event;

	if (!shared)
		return 0;
	if (shared->full_tick == now)
		return 0;
	event = bpf_ringbuf_reserve(&ring, sizeof *event, 0);
	if (!event) {
		count(STAT_RING_FULL);
		shared->full_tick = now;
		return 0;
	}
	/* never back to a smaller count, which a slower CPU may come with */
	if (reported < changes)
		found = __sync_val_compare_and_swap(&source->reported, reported, changes);
	if (found != reported || reported >= changes) {
		bpf_ringbuf_discard(event, 0); /* wakes: the next event may not, as it is not the oldest */
		return found >= changes;
	}
	event->sequence = __sync_fetch_and_add(&shared->sequence, 1) + 1;
	event->drops = shared->drops;
	event->tick = now;
	((__u64 *)event->destination)[0] = seen->destination_high;
	((__u64 *)event->destination)[1] = seen->destination_low;
	event->ifindex = seen->ifindex;
	event->threshold = threshold;
	event->source_port = seen->ports & 0xffff;
	event->destination_port = seen->ports >> 16;
	event->vlan = seen->vlan;
	event->protocol = seen->protocol;
	event->reason = reason;
	event->tcp_flags = seen->tcp_flags;
	__builtin_memset(event->reserved, 0, sizeof event->reserved);
	__builtin_memcpy(&event->source, source, sizeof *source);
	event->source.changes = changes;
	bpf_ringbuf_submit(event, 0);
	count(reason == REASON_COUNT_FINAL ? STAT_CROSSINGS_FINAL : STAT_CROSSINGS_THRESHOLD);
	return 1;
}

static __always_inline int is_unpublished(const struct source *source, __u32 threshold)
{
	return source->changes > threshold && source->changes != source->reported;
}

/* The last word on an episode that ends. Returns 0 when the ring is full. */
static __always_inline int emit_final(struct source *source, __u32 threshold)
{
	struct circumstances none = { .vlan = NO_VLAN };

	return emit(source, &none, REASON_COUNT_FINAL, source->changes, threshold);
}

#endif
