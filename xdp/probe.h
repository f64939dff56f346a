/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/* What a packet says beyond its ports: read off the fast path, from the frame that was parsed. */
#ifndef PORT_TICKER_PROBE_H
#define PORT_TICKER_PROBE_H

#include "parse.h"

enum tcp_flag {
	TCP_FIN = 1,
	TCP_SYN = 2,
	TCP_RST = 4,
	TCP_PSH = 8,
	TCP_ACK = 16,
	TCP_URG = 32,
};

struct probe {
	__u64 destination_high, destination_low; /* as the source in struct packet */
	__u32 ports;                             /* as in struct packet */
	__u32 sequence;                          /* of TCP, host order */
	__u32 option; /* the first four bytes of TCP options, host order; 0 without */
	__u16 ip_id;  /* IPv4, host order */
	__u16 window; /* TCP, host order */
	__u8 protocol;
	__u8 ipv6;
	__u8 flags;       /* of TCP */
	__u8 header_size; /* of TCP, bytes; 0 when a fragment cuts it short */
	__u8 ttl;         /* or hop limit */
	__u8 group;       /* to a multicast or broadcast Ethernet address */
	__u8 sctp_chunk;
};

static __always_inline void examine_network(const struct cursor *frame, const struct packet *packet,
					    struct probe *probe);
static __always_inline void examine_transport(const struct cursor *frame, const struct packet *packet,
					      struct probe *probe);

/* Fills a probe, all of it. `frame` is the one that `packet` was parsed from. */
static __always_inline void examine(const struct cursor *frame, const struct packet *packet,
				    struct probe *probe)
{
	struct ethhdr *ethernet = frame->start;

	__builtin_memset(probe, 0, sizeof *probe);
	probe->ports = packet->ports;
	probe->protocol = packet->protocol;
	probe->ipv6 = packet->ipv6;
	if ((void *)(ethernet + 1) <= frame->end)
		probe->group = ethernet->h_dest[0] & 1;
	examine_network(frame, packet, probe);
	examine_transport(frame, packet, probe);
}

static __always_inline void examine_network(const struct cursor *frame, const struct packet *packet,
					    struct probe *probe)
{
	enum { MAX_OFFSET = 0x1f };
	void *network = frame->start + (packet->network & MAX_OFFSET);
	struct ipv6hdr *header6 = network;
	struct iphdr *header4 = network;

	if (packet->ipv6) {
		if ((void *)(header6 + 1) > frame->end)
			return;
		probe->destination_high = ((__u64 *)&header6->daddr)[0];
		probe->destination_low = ((__u64 *)&header6->daddr)[1];
		probe->ttl = header6->hop_limit;
	} else {
		if ((void *)(header4 + 1) > frame->end)
			return;
		probe->destination_low = (__u64)header4->daddr << 32 | 0xffff0000u;
		probe->ttl = header4->ttl;
		probe->ip_id = bpf_ntohs(header4->id);
	}
}

static __always_inline void examine_transport(const struct cursor *frame, const struct packet *packet,
					      struct probe *probe)
{
	struct tcp {
		__be16 source, destination;
		__be32 sequence, acknowledgement;
		__u8 offset, flags;
		__be16 window, checksum, urgent;
	};
	enum { MAX_OFFSET = 0x3fff, SCTP_CHUNK_OFFSET = 12 };
	void *transport = frame->start + (packet->transport & MAX_OFFSET);
	struct tcp *tcp = transport;
	__be32 *option = (void *)(tcp + 1);
	__u8 *chunk = transport + SCTP_CHUNK_OFFSET;

	if (packet->protocol == IPPROTO_SCTP && (void *)(chunk + 1) <= frame->end)
		probe->sctp_chunk = *chunk;
	if (packet->protocol != IPPROTO_TCP || packet->length < sizeof *tcp || (void *)(tcp + 1) > frame->end)
		return;
	probe->flags = tcp->flags;
	probe->header_size = tcp->offset >> 4 << 2;
	probe->sequence = bpf_ntohl(tcp->sequence);
	probe->window = bpf_ntohs(tcp->window);
	if (probe->header_size > sizeof *tcp && packet->length > sizeof *tcp &&
	    (void *)(option + 1) <= frame->end)
		probe->option = bpf_ntohl(*option);
}

/* A TCP header that is cut short has no flags to judge by: no other than a scanner sends such fragments. */
static __always_inline int is_cut_short(const struct probe *probe)
{
	return probe->protocol == IPPROTO_TCP && !probe->header_size;
}

/* No established peer sends TCP without ACK or RST: such a packet is an attempt by its looks. */
static __always_inline int is_bare_tcp(const struct probe *probe)
{
	return probe->protocol == IPPROTO_TCP && !(probe->flags & (TCP_ACK | TCP_RST));
}

/* The bit of enum kind. */
static __always_inline __u16 kind_of(const struct probe *probe)
{
	enum { SYSTEM_HEADER = 32, FLAGS = TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG };
	__u8 flags = probe->flags & FLAGS;

	if (probe->protocol == IPPROTO_UDP)
		return KIND_UDP;
	if (probe->protocol == IPPROTO_SCTP)
		return probe->sctp_chunk == SCTP_INIT ? KIND_SCTP_INIT : KIND_SCTP_COOKIE_ECHO;
	if (is_cut_short(probe))
		return KIND_FRAGMENT;
	if (flags == TCP_SYN)
		return probe->header_size >= SYSTEM_HEADER ? KIND_SYN | KIND_CONNECT : KIND_SYN;
	if (flags == 0)
		return KIND_NULL;
	if (flags == TCP_FIN)
		return KIND_FIN;
	if (flags == (TCP_FIN | TCP_PSH | TCP_URG))
		return KIND_XMAS;
	if (flags == (TCP_FIN | TCP_ACK))
		return KIND_MAIMON;
	return flags == TCP_ACK ? KIND_ACK : KIND_UNUSUAL_FLAGS;
}

/*
 * The mark of a tool in one packet; figures after the tools' own sources: zmap sets the IP id to 54321, masscan folds
 * address, port and sequence number into it, nmap's raw SYN has the option MSS 1460 alone and a window of 1 to 4 KiB,
 * hping3 sends no options and a window of 512.
 */
static __always_inline enum tool tool_of(const struct probe *probe)
{
	enum { ZMAP_ID = 54321, MSS_1460 = 0x020405b4, NMAP_HEADER = 24, HPING_WINDOW = 512 };
	__u32 address = bpf_ntohl(probe->destination_low >> 32);
	__u32 folded = address ^ bpf_ntohs(probe->ports >> 16) ^ probe->sequence;

	if (!probe->ipv6 && probe->ip_id == ZMAP_ID)
		return TOOL_ZMAP;
	if (!is_bare_tcp(probe) || !(probe->flags & TCP_SYN))
		return TOOL_NONE;
	if (!probe->ipv6 && probe->ip_id == ((folded ^ folded >> 16) & 0xffff))
		return TOOL_MASSCAN;
	if (probe->header_size == NMAP_HEADER && probe->option == MSS_1460 && probe->window &&
	    !(probe->window & ~0x1c00))
		return TOOL_NMAP;
	return probe->header_size == sizeof(struct { __u32 words[5]; }) && probe->window == HPING_WINDOW
		       ? TOOL_HPING
		       : TOOL_NONE;
}

#endif
