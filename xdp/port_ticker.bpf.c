/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * Counts, per source address, how often the destination port changes, and speaks when the count crosses the
 * threshold. Observes only: every packet passes, but for ICMP requests while icmp_enable is 0.
 *
 * What happens to a packet: parse -> find its source -> (same port: done) -> ignored? -> count the change ->
 * crossed? -> emit. Functions are inlined on this path: a call between BPF functions costs 5-7 ns where
 * returns go through a thunk.
 */
#include "table.h"

/* Not read by the program: puts into the object's BTF every type that user space reads from it. */
const volatile union {
	struct head head;
	struct source source;
	struct event event;
	struct settings settings;
	struct counters counters;
	struct epoch epoch;
	enum reason reason;
	enum statistic statistic;
} boundary = {};

__u64 clock_tick; /* written by the program `clock` */

static __always_inline int icmp_request(const struct packet *packet);
static __always_inline void count_change(struct xdp_md *ctx, const struct packet *packet,
					 struct place *place);

static __always_inline struct cursor frame_of(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;

	return (struct cursor){ .start = data, .at = data, .end = (void *)(long)ctx->data_end };
}

static __always_inline int observe(struct xdp_md *ctx)
{
	struct cursor cursor = frame_of(ctx);
	struct packet packet;
	struct place place;
	int skipped = parse(&cursor, &packet);

	if (skipped == STAT_ICMP_DROPPED)
		return icmp_request(&packet);
	if (skipped) {
		count(skipped);
		return XDP_PASS;
	}
	count(packet.ipv6 ? STAT_PACKETS_IPV6 : STAT_PACKETS_IPV4);
	if (!find(&packet, &place))
		return XDP_PASS;
	if (place.way < WAYS && (__u16)place.head == packet.ports >> 16)
		return XDP_PASS;
	count_change(ctx, &packet, &place);
	return XDP_PASS;
}

static __always_inline int is_ignored(const struct packet *packet, const struct settings *settings)
{
	if (packet->ipv6) {
		struct ignore6_key key = { .bits = 128 };

		if (!settings->ignore6)
			return 0;
		__builtin_memcpy(key.address, &packet->source_high, 8);
		__builtin_memcpy(key.address + 8, &packet->source_low, 8);
		return bpf_map_lookup_elem(&ignore6, &key) != 0;
	}
	struct ignore4_key key = { .bits = 32 };
	__u32 address = packet->source_low >> 32;

	if (!settings->ignore4)
		return 0;
	__builtin_memcpy(key.address, &address, 4);
	return bpf_map_lookup_elem(&ignore4, &key) != 0;
}

static __always_inline int icmp_request(const struct packet *packet)
{
	const struct settings *settings = active_settings();

	if (!settings || settings->icmp_enable) {
		count(STAT_SKIPPED_ICMP);
		return XDP_PASS;
	}
	if (is_ignored(packet, settings)) {
		count(STAT_IGNORED);
		return XDP_PASS;
	}
	count(STAT_ICMP_DROPPED);
	return XDP_DROP;
}

/*
 * Records the port and adds 1, both in one compare-and-swap, so that two CPUs on one source count exactly what
 * some order of their packets would. Returns the new count, 0 when the port was the last one already.
 */
static __always_inline __u32 record_change(struct source *source, __u16 port)
{
	enum { ATTEMPTS = 8 };
	__u64 *word = (__u64 *)&source->changes;

	for (int i = 0; i < ATTEMPTS; i++) {
		__u64 old = *(volatile __u64 *)word;
		__u32 changes = (__u32)old + ((__u32)old != ~0u);
		__u64 new = (old & 0xffff000000000000ULL) | (__u64)port << 32 | changes;

		if ((__u16)(old >> 32) == port)
			return 0;
		if (__sync_val_compare_and_swap(word, old, new) == old)
			return changes;
	}
	count(STAT_RACES);
	return 0;
}

enum episode {
	EPISODE_GOES_ON,
	EPISODE_OVERDUE, /* it should end, but its last word does not fit into the ring: a later change tries again */
	EPISODE_BEGINS, /* with this packet */
};

/*
 * Begins a new episode when the source has been quiet for long enough. The difference of ticks is signed:
 * another CPU may have written a later tick after this one read the clock.
 */
static __always_inline enum episode reset_idle(struct source *source, const struct settings *settings,
					       __u16 port, __u32 now)
{
	__u32 last = source->last;

	if (!settings->idle_ticks || (__s32)(now - last) <= (__s32)settings->idle_ticks)
		return EPISODE_GOES_ON;
	if (is_unpublished(source, settings->threshold) && !emit_final(source, settings->threshold))
		return EPISODE_OVERDUE;
	if (__sync_val_compare_and_swap(&source->last, last, now) != last)
		return EPISODE_GOES_ON; /* another CPU has begun it */
	begin_episode(source, port, now);
	count(STAT_IDLE_RESETS);
	return EPISODE_BEGINS;
}

/* A first crossing, or a count that has doubled. */
static __always_inline int is_crossing(__u32 changes, __u32 reported, __u32 threshold)
{
	return changes > threshold && (!reported || changes >= 2 * (__u64)reported);
}

static __always_inline void describe(struct xdp_md *ctx, const struct packet *packet,
				     struct circumstances *seen)
{
	struct cursor frame = frame_of(ctx);

	destination(&frame, packet, &seen->destination_high, &seen->destination_low);
	seen->ifindex = ctx->ingress_ifindex;
	seen->ports = packet->ports;
	seen->vlan = packet->vlan;
	seen->protocol = packet->protocol;
	seen->tcp_flags = tcp_flags(&frame, packet);
}

static __always_inline void count_change(struct xdp_md *ctx, const struct packet *packet, struct place *place)
{
	const struct settings *settings = active_settings();
	__u16 port = packet->ports >> 16;
	struct source *source;
	__u32 way, changes = 0;
	enum episode episode;
	__u64 now, word;

	if (!settings)
		return;
	if (is_ignored(packet, settings)) {
		count(STAT_IGNORED);
		return;
	}
	if (place->way >= WAYS) {
		admit(packet, place, settings->threshold);
		return;
	}
	way = hidden(place->way) & (WAYS - 1);
	source = source_at(place->index, way);
	if (!source)
		return;
	if (!is_of(source, packet)) {
		count(STAT_SOURCES_COLLIDED);
		return;
	}
	now = ticks();
	episode = reset_idle(source, settings, port, now);
	if (episode != EPISODE_BEGINS)
		changes = record_change(source, port);
	if (changes) {
		count(STAT_PORT_CHANGES);
		if (episode == EPISODE_GOES_ON)
			source->last = now;
		remember_port(constants.secret, source, port);
	}
	/*
	 * The hint last, and by what the word says now: a packet that reads it early only takes the long way round,
	 * and another CPU may have recorded its port since.
	 */
	word = *(volatile __u64 *)&source->changes;
	*(volatile __u32 *)&place->bucket->ways[way] = head_word(word >> 32, age_of(now), level_of(word));
	if (is_crossing(changes, source->reported, settings->threshold)) {
		struct circumstances seen;

		describe(ctx, packet, &seen);
		emit(source, &seen, REASON_THRESHOLD, changes, settings->threshold);
	}
}

SEC("xdp")
int port_ticker(struct xdp_md *ctx) { return observe(ctx); }

/* The same for devices whose frames span several buffers; kernels before 5.18 do not know it. */
SEC("xdp.frags")
int port_ticker_frags(struct xdp_md *ctx) { return observe(ctx); }

/* Tells user space the kernel's tick: run by BPF_PROG_TEST_RUN, never attached. */
SEC("xdp")
int clock(struct xdp_md *ctx)
{
	(void)ctx;
	clock_tick = ticks();
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
