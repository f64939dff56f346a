/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * Is a packet an attempt, and what does it say of its port? The kernel's own sockets know: they are those of the
 * device's network namespace. Policy `attempts` only; docs/detection.md has the rules in words.
 */
#ifndef PORT_TICKER_JUDGE_H
#define PORT_TICKER_JUDGE_H

#include "answer.h"
#include "own.h"
#include "probe.h"

enum judgement {
	NO_ATTEMPT,
	ATTEMPT_TRACEROUTE, /* counts, but its port says nothing: neither remembered nor judged */
	ATTEMPT_UNJUDGED,   /* not the sensor's to judge: forwarded, SCTP */
	ATTEMPT_OPEN,
	ATTEMPT_CLOSED,
};

enum socket_state {
	SOCKET_NONE,
	SOCKET_LISTENS, /* TCP LISTEN, or UDP that is not connected */
	SOCKET_FLOW,    /* any other state: the packet belongs to something */
};

#define RESERVED_PORTS 1024

/*
 * Lets go of a socket; returns its state. The helpers that find sockets return pointers of different types, and one load
 * must not serve both: hence the barrier.
 */
static __always_inline __u32 release(struct bpf_sock *sk)
{
	__u32 state = sk->state;

	asm volatile("" : "+r"(state));
	bpf_sk_release(sk);
	return state;
}

/*
 * `plain`: what any stranger finds. TCP is asked about then as if from port 0, from which nobody has a flow: a SYN may use
 * the four-tuple of a connection that has ended again, and its socket in TIME_WAIT is none that answers.
 */
static __always_inline enum socket_state find_socket(struct xdp_md *ctx, const struct packet *packet,
						     const struct probe *probe, int plain)
{
	__u32 ports = plain && probe->protocol == IPPROTO_TCP ? probe->ports & 0xffff0000 : probe->ports;
	struct bpf_sock_tuple tuple __attribute__((aligned(8)));
	struct bpf_sock *sk;
	__u32 size;

	count(STAT_SOCKET_LOOKUPS);
	if (packet->ipv6) {
		((__u64 *)tuple.ipv6.saddr)[0] = packet->source_high;
		((__u64 *)tuple.ipv6.saddr)[1] = packet->source_low;
		((__u64 *)tuple.ipv6.daddr)[0] = packet->destination_high;
		((__u64 *)tuple.ipv6.daddr)[1] = packet->destination_low;
		*(__u32 *)&tuple.ipv6.sport = ports;
		size = sizeof tuple.ipv6;
	} else {
		tuple.ipv4.saddr = packet->source_low >> 32;
		tuple.ipv4.daddr = packet->destination_low >> 32;
		*(__u32 *)&tuple.ipv4.sport = ports;
		size = sizeof tuple.ipv4;
	}
	if (probe->protocol == IPPROTO_TCP) {
		sk = bpf_skc_lookup_tcp(ctx, &tuple, size, BPF_F_CURRENT_NETNS, 0);
		if (!sk)
			return SOCKET_NONE;
		return release(sk) == BPF_TCP_LISTEN ? SOCKET_LISTENS : SOCKET_FLOW;
	}
	sk = bpf_sk_lookup_udp(ctx, &tuple, size, BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return SOCKET_NONE;
	/* a connected UDP socket is "established" */
	return release(sk) == BPF_TCP_ESTABLISHED ? SOCKET_FLOW : SOCKET_LISTENS;
}

static __always_inline int is_own(const struct packet *packet)
{
	__u64 word =
		own_word(constants.secret, packet->destination_high, packet->destination_low, packet->ipv6);
	__u64 *table = bpf_map_lookup_elem(&own_addresses, &zero);

	if (!table)
		return 0;
	table += own_bucket(word);
#pragma unroll
	for (int way = 0; way < OWN_WAYS; way++)
		if (table[way] == word)
			return 1;
	return 0;
}

static __always_inline int listens_elsewhere(const struct probe *probe)
{
	__u32 port = bpf_ntohs(probe->ports >> 16), word = port >> 6;
	__u64 *bits = bpf_map_lookup_elem(&open_ports, &word);

	return bits && *bits >> (port & 63) & 1;
}

/* What the answer is remembered under: the port, whoever asks, when `plain`, else the flow. */
static __always_inline __u64 hash_question(const struct packet *packet, const struct probe *probe, int plain)
{
	__u64 target = packet->destination_high ^ packet->destination_low ^ (__u64)probe->protocol << 24;
	__u64 asker = packet->ipv6
			      ? hash_address(constants.secret, packet->source_high, packet->source_low, 1)
			      : packet->source_low;

	return plain ? hash_port(constants.secret, target, probe->ports >> 16)
		     : hash_flow(constants.secret, target, asker, probe->ports);
}

/*
 * What holds for the one four-tuple alone is not remembered for the port, nor what a port answers for the flow. A UDP port
 * that is closed to one may have a connected socket for another.
 */
static __always_inline int is_lasting(const struct probe *probe, int plain, enum answer answer)
{
	if (answer == ANSWER_FLOW)
		return !plain;
	return plain && (answer == ANSWER_OPEN || probe->protocol == IPPROTO_TCP);
}

/*
 * Does a stranger find somebody at this port, or, where it is not plain that this is what the packet tries, is there a
 * flow of this four-tuple?
 */
static __always_inline enum answer ask(struct xdp_md *ctx, const struct packet *packet,
				       const struct probe *probe, int plain)
{
	__u64 hash = hash_question(packet, probe, plain);
	__u64 *slot = answer_slot(hash);
	enum socket_state socket;
	enum answer answer;
	int known;

	if (!slot || !is_own(packet))
		return ANSWER_FOREIGN;
	known = recall(slot, hash);
	if (known >= 0)
		return known;
	socket = find_socket(ctx, packet, probe, plain);
	answer = socket == SOCKET_FLOW                                  ? ANSWER_FLOW
		 : socket == SOCKET_LISTENS || listens_elsewhere(probe) ? ANSWER_OPEN
									: ANSWER_CLOSED;
	if (is_lasting(probe, plain, answer))
		*(volatile __u64 *)slot = answer_word(hash, answer);
	return answer;
}

static __always_inline int no_attempt(enum statistic why)
{
	count(why);
	return NO_ATTEMPT;
}

/* To another host: nobody can be asked, so only what is an attempt by its looks counts. */
static __always_inline int judge_forwarded(const struct probe *probe)
{
	if (probe->protocol == IPPROTO_UDP
		    ? bpf_ntohs(probe->ports) >= RESERVED_PORTS
		    : kind_of(probe) & (KIND_SYN | KIND_NULL | KIND_FIN | KIND_XMAS | KIND_FRAGMENT))
		return ATTEMPT_UNJUDGED;
	return no_attempt(STAT_FORWARDED);
}

static __always_inline int is_reply(const struct probe *probe)
{
	return probe->protocol == IPPROTO_UDP && bpf_ntohs(probe->ports) < RESERVED_PORTS &&
	       bpf_ntohs(probe->ports >> 16) >= RESERVED_PORTS;
}

static __always_inline int is_traceroute(struct xdp_md *ctx, const struct packet *packet,
					 const struct probe *probe)
{
	enum { FIRST_PORT = 33434, LAST_PORT = 33534, MAX_TTL = 8 };
	struct cursor frame = frame_of(ctx);
	__u32 port = bpf_ntohs(probe->ports >> 16);

	return probe->protocol == IPPROTO_UDP && port >= FIRST_PORT && port <= LAST_PORT &&
	       ttl_of(&frame, packet) <= MAX_TTL;
}

static __always_inline int is_ephemeral(const struct probe *probe, const struct settings *settings)
{
	__u32 port = bpf_ntohs(probe->ports >> 16);

	return port >= settings->ephemeral_low && port <= settings->ephemeral_high;
}

/* True for a packet that no flow of the sensor's own can have brought: its port may be judged later. */
static __always_inline int is_plain_attempt(const struct probe *probe, const struct settings *settings)
{
	if (probe->protocol == IPPROTO_UDP)
		return !is_reply(probe) && !is_ephemeral(probe, settings);
	return probe->protocol == IPPROTO_SCTP || is_bare_tcp(probe);
}

/*
 * One of enum judgement. A global function: the verifier walks it once, not again for every place that calls it.
 */
__noinline int judge(struct xdp_md *ctx, const struct packet *packet, const struct probe *probe,
		     const struct settings *settings)
{
	enum answer answer;

	if (!packet || !probe || !settings) /* a global function must ask */
		return NO_ATTEMPT;
	if (is_group(ctx))
		return no_attempt(STAT_GROUP);
	if (probe->protocol == IPPROTO_SCTP)
		return ATTEMPT_UNJUDGED;
	if (is_reply(probe))
		return no_attempt(STAT_REPLY);
	if (is_traceroute(ctx, packet, probe)) {
		count(STAT_TRACEROUTE);
		return ATTEMPT_TRACEROUTE;
	}
	answer = ask(ctx, packet, probe, is_plain_attempt(probe, settings));
	if (answer == ANSWER_FOREIGN)
		return judge_forwarded(probe);
	if (answer == ANSWER_FLOW)
		return no_attempt(STAT_FLOW);
	if (probe->protocol == IPPROTO_TCP && !is_bare_tcp(probe)) {
		if (probe->flags & (TCP_SYN | TCP_RST))
			return no_attempt(STAT_BACKSCATTER);
		if (answer == ANSWER_CLOSED && is_ephemeral(probe, settings))
			return no_attempt(STAT_LATE);
	}
	return answer == ANSWER_OPEN ? ATTEMPT_OPEN : ATTEMPT_CLOSED;
}

#endif
