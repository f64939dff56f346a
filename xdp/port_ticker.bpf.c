/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * Counts, per source address, how often the destination port changes, and speaks when the count crosses the
 * threshold. Observes only: every packet passes, but for ICMP requests while icmp_enable is 0.
 *
 * What happens to a packet: glance, or parse -> find its source -> (same port: done) -> ignored? -> an attempt? -> count the change,
 * score the port -> crossed? -> emit. Functions are inlined on this path: a call between BPF functions costs 5-7 ns where
 * returns go through a thunk.
 * Long, because it is the way of every packet, from the first look to the last word.
 */
#include "episode.h"
#include "glance.h"
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

static __always_inline int icmp_request(struct xdp_md *ctx, const struct packet *packet);
static __always_inline void look_closer(struct xdp_md *ctx, const struct packet *packet,
					const struct place *place);
int note_portless(struct xdp_md *ctx, const struct packet *packet, __u16 kind);

/* Returns what parse says, by the shorter way where there is one. */
static __always_inline int read(struct xdp_md *ctx, struct packet *packet)
{
	struct cursor cursor;

	if (glance(ctx, packet))
		return 0;
	/* afresh, or the compiler keeps for the parser what the glance has loaded */
	asm volatile("" : "+r"(ctx));
	cursor = frame_of(ctx);
	return parse(&cursor, packet);
}

static __always_inline int observe(struct xdp_md *ctx)
{
	struct packet packet;
	struct place place;
	int skipped = read(ctx, &packet);

	if (skipped == STAT_ICMP_DROPPED)
		return icmp_request(ctx, &packet);
	if (skipped == STAT_SKIPPED_PROTOCOL)
		note_portless(ctx, &packet, KIND_IP_PROTOCOL);
	if (skipped) {
		count(skipped);
		return XDP_PASS;
	}
	count(packet.ipv6 ? STAT_PACKETS_IPV6 : STAT_PACKETS_IPV4);
	find(&packet, &place);
	if (place.way < WAYS && head_last(place.head) == (target_of(&packet) | packet.ports >> 16))
		return XDP_PASS;
	look_closer(ctx, &packet, &place);
	return XDP_PASS;
}

/* A global function, for the room that the keys take on the stack; called only while the list has entries. */
__noinline int is_listed(const struct packet *packet)
{
	struct ignore6_key key6 = { .bits = 128 };
	struct ignore4_key key4 = { .bits = 32 };

	if (!packet) /* a global function must ask */
		return 0;
	if (packet->ipv6) {
		__builtin_memcpy(key6.address, &packet->source_high, 8);
		__builtin_memcpy(key6.address + 8, &packet->source_low, 8);
		return bpf_map_lookup_elem(&ignore6, &key6) != 0;
	}
	__builtin_memcpy(key4.address, (void *)&packet->source_low + 4, 4);
	return bpf_map_lookup_elem(&ignore4, &key4) != 0;
}

static __always_inline int is_ignored(const struct packet *packet, const struct settings *settings)
{
	return (packet->ipv6 ? settings->ignore6 : settings->ignore4) && is_listed(packet);
}

static __always_inline int icmp_request(struct xdp_md *ctx, const struct packet *packet)
{
	const struct settings *settings = active_settings();

	if (!settings) {
		count(STAT_SKIPPED_ICMP);
		return XDP_PASS;
	}
	if (!settings->icmp_enable && is_ignored(packet, settings)) {
		count(STAT_IGNORED);
		return XDP_PASS;
	}
	note_portless(ctx, packet, KIND_ICMP_SWEEP);
	count(settings->icmp_enable ? STAT_SKIPPED_ICMP : STAT_ICMP_DROPPED);
	return settings->icmp_enable ? XDP_PASS : XDP_DROP;
}

/* The source at a place. Null when another source has the same tag, or for the verifier. */
static __always_inline struct source *source_of(const struct packet *packet, const struct place *place)
{
	struct source *source = source_at(place->index, place->way);

	if (source && is_of(source, packet))
		return source;
	count(STAT_SOURCES_COLLIDED);
	return 0;
}

/* The hint last, and by what the source says now: a packet that reads it early only takes the long way round. */
static __always_inline void renew_head(const struct source *source, const struct packet *packet,
				       const struct place *place, __u32 now)
{
	struct bucket *bucket = bucket_at(place->index);
	__u64 word = *(volatile __u64 *)&source->changes;
	__u32 changes = word, lower = changes - 1;
	__u32 level = head_level(place->head);

	/* or the compiler asks how many bits are set, which takes 15 instructions */
	asm volatile("" : "+r"(lower));
	if (!(changes & lower) ||
	    changes <= 2 * EXACT_PORTS) /* the level grows with the doublings of the count */
		level = level_of(source);

	if (bucket)
		*(volatile __u32 *)&bucket->ways[place->way & (WAYS - 1)] =
			head_word(word >> 32, age_of(now), level, target_of(packet));
}

/* Returns 1 when the target was not seen before. */
static __always_inline int note_target(struct source *source, const struct packet *packet, __u64 portless)
{
	if (!remember_target(constants.secret, source, packet->destination_high,
			     packet->destination_low ^ portless))
		return 0;
	if (count_targets(source) >= SWEEP_BITS)
		set_flags(source, FLAG_SWEPT);
	return 1;
}

static __always_inline void note_tool(struct source *source, enum tool tool)
{
	if (tool != TOOL_NONE)
		set_flags(source, tool << FLAG_TOOL_SHIFT);
}

/*
 * A probe of a protocol without ports: not an attempt and not counted, though a sweep of own addresses, or of protocols,
 * shows in the sketch of targets. A kind only from the second target on: pings of one host are no sweep. A global function,
 * off the fast path.
 */
__noinline int note_portless(struct xdp_md *ctx, const struct packet *packet, __u16 kind)
{
	const struct settings *settings = active_settings();
	struct source *source;
	struct place place;
	__u64 now = ticks();

	if (!packet || !settings || settings->count_all || is_ignored(packet, settings) || !is_own(packet))
		return 0;
	find(packet, &place);
	if (place.way >= WAYS) {
		place.way = admit(ctx, packet, &place, 0, FLAG_FIRST_MISSING);
		if (place.way >= WAYS)
			return 0;
	}
	source = source_of(packet, &place);
	if (!source)
		return 0;
	if (reset_idle(ctx, source, settings, 0, 0, now) == EPISODE_BEGINS)
		set_flags(source, FLAG_FIRST_MISSING);
	/* the protocols of one host are targets of their own; who pings and connects has one */
	if (!note_target(source, packet, kind == KIND_IP_PROTOCOL ? packet->protocol : 0) &&
	    head_target(place.head) == target_of(packet))
		return 0;
	source->last = now;
	if (count_targets(source) > 1)
		__sync_fetch_and_or((__u64 *)&source->changes, (__u64)kind << 48);
	renew_head(source, packet, &place, now);
	speak(ctx, packet, source, settings, 0);
	return 1;
}

/* Policy `all` is the original's: every TCP and UDP packet. */
static __always_inline int judge_by_policy(struct xdp_md *ctx, const struct packet *packet,
					   const struct probe *probe, const struct settings *settings)
{
	if (settings->count_all)
		return packet->protocol == IPPROTO_SCTP ? no_attempt(STAT_SKIPPED_SCTP) : ATTEMPT_UNJUDGED;
	return judge(ctx, packet, probe, settings);
}

/* A source that is not in the table. Its port is judged with the second one: a source of one packet costs no look-up. */
static __always_inline void meet(struct xdp_md *ctx, const struct packet *packet, struct place *place,
				 const struct settings *settings)
{
	struct cursor frame = frame_of(ctx);
	int judgement = ATTEMPT_UNJUDGED;
	struct source *source;
	struct probe probe;
	__u8 flags = 0;
	__u32 way;

	examine(&frame, packet, &probe);
	if (!settings->count_all && !is_group(ctx) && is_plain_attempt(&probe, settings)) {
		if (!is_traceroute(ctx, packet, &probe))
			flags = probe.protocol == IPPROTO_TCP   ? FLAG_FIRST_TCP
				: probe.protocol == IPPROTO_UDP ? FLAG_FIRST_UDP
								: 0;
	} else {
		judgement = judge_by_policy(ctx, packet, &probe, settings);
		if (judgement == NO_ATTEMPT)
			return;
	}
	flags |= tool_of(&frame, packet, &probe) << FLAG_TOOL_SHIFT;
	way = admit(ctx, packet, place, kind_of(&probe), flags);
	if (way >= WAYS)
		return;
	source = source_at(place->index, way);
	if (!source)
		return;
	score(source, judgement);
	if (judgement >= ATTEMPT_OPEN)
		note_target(source, packet, 0);
}

/*
 * What the first packet has left to do: its port is judged with the second one's destination; or, when it had none, ports
 * begin with this packet. Returns 1 in that case.
 */
static __always_inline int settle_first(struct xdp_md *ctx, const struct packet *packet,
					struct source *source, const struct probe *probe,
					const struct settings *settings)
{
	__u32 first = clear_flags(source, FLAG_FIRST) & FLAG_FIRST; /* 0: another CPU does it */
	struct probe earlier = {
		.ports = (probe->ports & 0xffff) | (__u32)source->ports[0] << 16,
		.protocol = first == FLAG_FIRST_TCP ? IPPROTO_TCP : IPPROTO_UDP,
		.flags = TCP_SYN,
	};

	if (first == FLAG_FIRST_MISSING) {
		reset_count(source, probe->ports >> 16, source->kinds | kind_of(probe));
		remember_first_port(constants.secret, source, probe->ports >> 16);
		return 1;
	}
	if (first)
		score(source, judge(ctx, packet, &earlier, settings));
	return 0;
}

/*
 * A source that is in the table, with another port or target than the last. Of one that has been proven a scanner only
 * the ports are judged that the sketch samples, for the share of closed ones.
 */
static __always_inline void count_change(struct xdp_md *ctx, const struct packet *packet,
					 const struct place *place, const struct settings *settings)
{
	struct source *source = source_of(packet, place);
	struct cursor frame = frame_of(ctx);
	__u16 port = packet->ports >> 16;
	struct probe probe;
	enum episode episode = EPISODE_GOES_ON;
	int judgement = ATTEMPT_UNJUDGED, is_proven, is_target;
	__u32 changes = 0;
	__u64 now;

	if (!source)
		return;
	examine(&frame, packet, &probe);
	/* once the verdict is reached, nobody need be asked whether what looks like an attempt is one */
	is_proven = !settings->count_all && source->score >= SCORE_VERDICT && is_bare_tcp(&probe) &&
		    !is_group(ctx);
	if (!is_proven)
		judgement = judge_by_policy(ctx, packet, &probe, settings);
	if (judgement == NO_ATTEMPT)
		return;
	is_target = is_proven ? is_own(packet) : judgement >= ATTEMPT_OPEN;
	now = ticks();
	if (is_target || source->port != port)
		episode = reset_idle(ctx, source, settings, port, kind_of(&probe), now);
	if (source->flags & FLAG_FIRST && settle_first(ctx, packet, source, &probe, settings))
		episode = EPISODE_BEGINS;
	if (episode != EPISODE_BEGINS)
		changes = record(source, port, kind_of(&probe));
	if (changes)
		count(STAT_PORT_CHANGES);
	if (episode == EPISODE_GOES_ON && (changes || is_target))
		source->last = now;
	if (episode == EPISODE_BEGINS ||
	    (changes && judgement != ATTEMPT_TRACEROUTE && remember_port(constants.secret, source, port)))
		score(source, is_proven ? judge(ctx, packet, &probe, settings) : judgement);
	if (is_target)
		note_target(source, packet, 0);
	if (!(source->flags >> FLAG_TOOL_SHIFT))
		note_tool(source, tool_of(&frame, packet, &probe));
	renew_head(source, packet, place, now);
	speak(ctx, packet, source, settings, changes);
}

static __always_inline void look_closer(struct xdp_md *ctx, const struct packet *packet,
					const struct place *place)
{
	const struct settings *settings = active_settings();
	struct place found = *place;

	if (!settings)
		return;
	if (is_ignored(packet, settings)) {
		count(STAT_IGNORED);
		return;
	}
	if (found.way >= WAYS) {
		meet(ctx, packet, &found, settings);
		return;
	}
	found.way = hidden(found.way, found.tag) & (WAYS - 1);
	count_change(ctx, packet, &found, settings);
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
