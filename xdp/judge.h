/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * Is a packet an attempt, and what does it say of its port? The kernel's own sockets know: they are those of the
 * device's network namespace. Policy `attempts` only; docs/detection.md has the rules in words.
 */
#ifndef PORT_TICKER_JUDGE_H
#define PORT_TICKER_JUDGE_H

#include "answer.h"
#include "probe.h"

enum judgement {
	NO_ATTEMPT,
	ATTEMPT_UNJUDGED, /* not the sensor's to judge: forwarded, SCTP, traceroute */
	ATTEMPT_OPEN,
	ATTEMPT_CLOSED,
};

enum socket_state {
	SOCKET_NONE,
	SOCKET_LISTENS, /* TCP LISTEN, or UDP that is not connected */
	SOCKET_FLOW,    /* any other state: the packet belongs to something */
};

#define RESERVED_PORTS 1024

static __always_inline int find_socket(struct xdp_md *ctx, const struct probe *probe, __u64 source_high,
				  __u64 source_low)
{
	struct bpf_sock_tuple tuple __attribute__((aligned(8)));
	struct bpf_sock *sk;
	__u32 size, state;

	count(STAT_SOCKET_LOOKUPS);
	if (probe->ipv6) {
		((__u64 *)tuple.ipv6.saddr)[0] = source_high;
		((__u64 *)tuple.ipv6.saddr)[1] = source_low;
		((__u64 *)tuple.ipv6.daddr)[0] = probe->destination_high;
		((__u64 *)tuple.ipv6.daddr)[1] = probe->destination_low;
		*(__u32 *)&tuple.ipv6.sport = probe->ports;
		size = sizeof tuple.ipv6;
	} else {
		tuple.ipv4.saddr = source_low >> 32;
		tuple.ipv4.daddr = probe->destination_low >> 32;
		*(__u32 *)&tuple.ipv4.sport = probe->ports;
		size = sizeof tuple.ipv4;
	}
	/* The helpers return different types of pointers: one load must not serve both, hence the barriers. */
	if (probe->protocol == IPPROTO_TCP) {
		sk = bpf_skc_lookup_tcp(ctx, &tuple, size, BPF_F_CURRENT_NETNS, 0);
		if (!sk)
			return SOCKET_NONE;
		state = sk->state;
		asm volatile("" : "+r"(state));
		bpf_sk_release(sk);
		return state == BPF_TCP_LISTEN ? SOCKET_LISTENS : SOCKET_FLOW;
	}
	sk = bpf_sk_lookup_udp(ctx, &tuple, size, BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return SOCKET_NONE;
	state = sk->state;
	asm volatile("" : "+r"(state));
	bpf_sk_release(sk);
	return state == BPF_TCP_ESTABLISHED ? SOCKET_FLOW
					    : SOCKET_LISTENS; /* connected UDP is "established" */
}

static __always_inline int is_own(const struct probe *probe)
{
	struct address_key key = { .high = probe->destination_high, .low = probe->destination_low };

	return bpf_map_lookup_elem(&own_addresses, &key) != 0;
}

static __always_inline int listens_elsewhere(const struct probe *probe)
{
	__u32 port = bpf_ntohs(probe->ports >> 16), word = port >> 6;
	__u64 *bits = bpf_map_lookup_elem(&open_ports, &word);

	return bits && *bits >> (port & 63) & 1;
}

/* Does a stranger find somebody at this port? One of enum answer; remembered for the port, whoever asks. */
static __always_inline int ask_port(struct xdp_md *ctx, const struct probe *probe, __u64 source_high,
				    __u64 source_low)
{
	__u64 hash = hash_port(constants.secret, probe->destination_low ^ probe->destination_high,
			       probe->ports >> 16) *
		     (probe->protocol * 2 + 1);
	__u64 *slot = answer_slot(hash);
	int answer;

	if (!slot)
		return ANSWER_FOREIGN;
	answer = recall(slot, hash);
	if (answer >= 0)
		return answer;
	if (!is_own(probe)) {
		answer = ANSWER_FOREIGN;
	} else {
		int socket = find_socket(ctx, probe, source_high, source_low);

		if (socket == SOCKET_FLOW)
			return ANSWER_FLOW; /* of this four-tuple alone: not to be remembered for the port */
		answer = socket == SOCKET_LISTENS || listens_elsewhere(probe) ? ANSWER_OPEN : ANSWER_CLOSED;
	}
	*(volatile __u64 *)slot = answer_word(hash, answer);
	return answer;
}

/* Is there a flow of this four-tuple? One of enum answer; only flows and foreign addresses are remembered. */
static __always_inline int ask_flow(struct xdp_md *ctx, const struct probe *probe, __u64 source_high,
				    __u64 source_low)
{
	__u64 hash = hash_address(constants.secret, source_high ^ probe->destination_low,
				  source_low ^ probe->ports, 1) +
		     probe->protocol;
	__u64 *slot = answer_slot(hash);
	int answer;

	if (!slot)
		return ANSWER_FOREIGN;
	answer = recall(slot, hash);
	if (answer >= 0)
		return answer;
	if (!is_own(probe)) {
		answer = ANSWER_FOREIGN;
	} else {
		int socket = find_socket(ctx, probe, source_high, source_low);

		if (socket != SOCKET_FLOW)
			return socket == SOCKET_LISTENS || listens_elsewhere(probe) ? ANSWER_OPEN
										    : ANSWER_CLOSED;
		answer = ANSWER_FLOW;
	}
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
	__u16 kind = kind_of(probe);

	if (probe->protocol == IPPROTO_UDP
		    ? bpf_ntohs(probe->ports) >= RESERVED_PORTS
		    : kind & (KIND_SYN | KIND_NULL | KIND_FIN | KIND_XMAS | KIND_FRAGMENT))
		return ATTEMPT_UNJUDGED;
	return no_attempt(STAT_FORWARDED);
}

static __always_inline int judge_answer(const struct probe *probe, int answer)
{
	switch (answer) {
	case ANSWER_FOREIGN:
		return judge_forwarded(probe);
	case ANSWER_FLOW:
		return no_attempt(STAT_FLOW);
	case ANSWER_OPEN:
		return ATTEMPT_OPEN;
	default:
		return ATTEMPT_CLOSED;
	}
}

static __always_inline int is_reply(const struct probe *probe)
{
	return probe->protocol == IPPROTO_UDP && bpf_ntohs(probe->ports) < RESERVED_PORTS &&
	       bpf_ntohs(probe->ports >> 16) >= RESERVED_PORTS;
}

static __always_inline int is_traceroute(const struct probe *probe)
{
	enum { FIRST_PORT = 33434, LAST_PORT = 33534, MAX_TTL = 8 };
	__u32 port = bpf_ntohs(probe->ports >> 16);

	return probe->protocol == IPPROTO_UDP && probe->ttl <= MAX_TTL && port >= FIRST_PORT &&
	       port <= LAST_PORT;
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
__noinline int judge(struct xdp_md *ctx, const struct probe *probe, const struct settings *settings,
		     __u64 source_high, __u64 source_low)
{
	int answer;

	if (!probe || !settings) /* a global function must ask */
		return NO_ATTEMPT;
	if (probe->group)
		return no_attempt(STAT_GROUP);
	if (probe->protocol == IPPROTO_SCTP)
		return ATTEMPT_UNJUDGED;
	if (is_reply(probe))
		return no_attempt(STAT_REPLY);
	if (is_traceroute(probe)) {
		count(STAT_TRACEROUTE);
		return ATTEMPT_UNJUDGED;
	}
	if (is_plain_attempt(probe, settings))
		return judge_answer(probe, ask_port(ctx, probe, source_high, source_low));
	answer = ask_flow(ctx, probe, source_high, source_low);
	if (probe->protocol == IPPROTO_TCP && (answer == ANSWER_CLOSED || answer == ANSWER_OPEN)) {
		if (probe->flags & (TCP_SYN | TCP_RST))
			return no_attempt(STAT_BACKSCATTER);
		if (answer == ANSWER_CLOSED && is_ephemeral(probe, settings))
			return no_attempt(STAT_LATE);
	}
	return judge_answer(probe, answer);
}

#endif
