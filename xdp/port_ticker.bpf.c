/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * Counts, per source address, how often the destination port changes, and speaks when the count crosses the
 * threshold. Observes only: every packet passes, but for ICMP requests while icmp_enable is 0.
 *
 * What happens to a packet: parse -> find its source -> (same port: done) -> ignored? -> count the change ->
 * crossed? -> emit. Functions are inlined on this path: a call between BPF functions costs 5-7 ns where
 * returns go through a thunk.
 */
#include "episode.h"
#include "judge.h"
#include "speak.h"

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
	enum kind kind;
	enum tool tool;
	enum flag flag;
} boundary = {};

__u64 clock_tick; /* written by the program `clock` */

static __always_inline int icmp_request(const struct packet *packet);
static __always_inline void look_closer(struct xdp_md *ctx, const struct packet *packet, struct place *place);

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
	if (place.way < WAYS && head_last(place.head) == (target_of(&packet) << 29 | packet.ports >> 16))
		return XDP_PASS;
	look_closer(ctx, &packet, &place);
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

/* Policy `all` is the original's: every TCP and UDP packet. */
static __always_inline int judge_by_policy(struct xdp_md *ctx, const struct packet *packet,
					   const struct probe *probe, const struct settings *settings)
{
	if (settings->count_all)
		return packet->protocol == IPPROTO_SCTP ? no_attempt(STAT_SKIPPED_SCTP) : ATTEMPT_UNJUDGED;
	return judge(ctx, probe, settings, packet->source_high, packet->source_low);
}

/* A source that is not in the table. Its port is judged with the second one: a source of one packet costs no look-up. */
static __always_inline void meet(struct xdp_md *ctx, const struct packet *packet, struct place *place,
				 const struct settings *settings)
{
	struct cursor frame = frame_of(ctx);
	struct source *source;
	struct probe probe;
	int judgement = ATTEMPT_UNJUDGED;
	__u32 pending = 0;

	examine(&frame, packet, &probe);
	if (!settings->count_all && !probe.group && is_plain_attempt(&probe, settings)) {
		if (!is_traceroute(&probe))
			pending = probe.protocol == IPPROTO_TCP   ? FLAG_FIRST_TCP
				  : probe.protocol == IPPROTO_UDP ? FLAG_FIRST_UDP
								  : 0;
	} else {
		judgement = judge_by_policy(ctx, packet, &probe, settings);
		if (judgement == NO_ATTEMPT)
			return;
	}
	source = admit(packet, place, kind_of(&probe), settings->threshold);
	if (!source)
		return;
	set_flags(source, pending | tool_of(&probe) << FLAG_TOOL_SHIFT);
	score(source, judgement);
	if (judgement >= ATTEMPT_OPEN)
		remember_target(source, target_bit(&probe));
}

/* The port of the first packet, judged with the second one's destination. */
static __always_inline void judge_first(struct xdp_md *ctx, const struct packet *packet,
					struct source *source, struct probe *probe,
					const struct settings *settings)
{
	__u32 flags = clear_flags(source, FLAG_FIRST_TCP | FLAG_FIRST_UDP);
	__u8 own_flags = probe->flags;

	if (!(flags & (FLAG_FIRST_TCP | FLAG_FIRST_UDP)))
		return; /* another CPU does it */
	probe->protocol = flags & FLAG_FIRST_TCP ? IPPROTO_TCP : IPPROTO_UDP;
	probe->flags = TCP_SYN;
	probe->ports = (probe->ports & 0xffff) | (__u32)source->ports[0] << 16;
	score(source, judge(ctx, probe, settings, packet->source_high, packet->source_low));
	probe->protocol = packet->protocol; /* the stack has no room for two probes */
	probe->flags = own_flags;
	probe->ports = packet->ports;
}

/* A source that is in the table, with another port or target than the last. */
static __always_inline void count_change(struct xdp_md *ctx, const struct packet *packet, struct place *place,
					 const struct settings *settings)
{
	__u32 way = hidden(place->way) & (WAYS - 1);
	struct source *source = source_at(place->index, way);
	struct cursor frame = frame_of(ctx);
	__u16 port = packet->ports >> 16;
	struct probe probe;
	enum episode episode = EPISODE_GOES_ON;
	int judgement = ATTEMPT_UNJUDGED;
	__u32 changes = 0;
	__u64 now, word;

	if (!source)
		return;
	if (!is_of(source, packet)) {
		count(STAT_SOURCES_COLLIDED);
		return;
	}
	examine(&frame, packet, &probe);
	/* once the verdict is reached, nobody need be asked about what is an attempt by its looks */
	if (settings->count_all || source->score < SCORE_VERDICT || !is_bare_tcp(&probe))
		judgement = judge_by_policy(ctx, packet, &probe, settings);
	if (judgement == NO_ATTEMPT)
		return;
	if (source->flags & (FLAG_FIRST_TCP | FLAG_FIRST_UDP)) {
		judge_first(ctx, packet, source, &probe, settings);
	}
	now = ticks();
	if (source->port != port)
		episode = reset_idle(source, settings, port, kind_of(&probe), now);
	if (episode != EPISODE_BEGINS)
		changes = record(source, port, kind_of(&probe));
	if (changes) {
		count(STAT_PORT_CHANGES);
		if (episode == EPISODE_GOES_ON)
			source->last = now;
	}
	if (episode == EPISODE_BEGINS || (changes && remember_port(constants.secret, source, port)))
		score(source, judgement);
	if (judgement >= ATTEMPT_OPEN)
		remember_target(source, target_bit(&probe));
	if (tool_of(&probe) != TOOL_NONE)
		set_flags(source, tool_of(&probe) << FLAG_TOOL_SHIFT);
	/*
	 * The hint last, and by what the word says now: a packet that reads it early only takes the long way round,
	 * and another CPU may have recorded its port since.
	 */
	word = *(volatile __u64 *)&source->changes;
	*(volatile __u32 *)&place->bucket->ways[way] =
		head_word(word >> 32, age_of(now), level_of(source), target_of(packet));
	speak(ctx, packet, source, &probe, settings, changes);
}

static __always_inline void look_closer(struct xdp_md *ctx, const struct packet *packet, struct place *place)
{
	const struct settings *settings = active_settings();

	if (!settings)
		return;
	if (is_ignored(packet, settings)) {
		count(STAT_IGNORED);
		return;
	}
	if (place->way >= WAYS)
		meet(ctx, packet, place, settings);
	else
		count_change(ctx, packet, place, settings);
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
