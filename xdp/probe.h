/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/* What a packet says beyond its addresses and ports: read off the fast path, from the frame that was parsed. */
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
	__u32 ports; /* as in struct packet */
	__u8 protocol;
	__u8 flags;       /* of TCP */
	__u8 header_size; /* of TCP, bytes */
	__u8 cut_short;   /* 1: a fragment ends within the TCP header */
	__u8 sctp_chunk;
};

struct tcp {
	__be16 source, destination;
	__be32 sequence, acknowledgement;
	__u8 offset, flags;
	__be16 window, checksum, urgent;
};

#define MAX_NETWORK_OFFSET 0x1f
#define MAX_TRANSPORT_OFFSET 0x3fff

/* Null when the frame ends before. The packet's headers were whole when it was parsed; the verifier asks again. */
static __always_inline void *network_of(const struct cursor *frame, const struct packet *packet, __u32 size)
{
	void *network = frame->start + (packet->network & MAX_NETWORK_OFFSET);

	return network + size <= frame->end ? network : 0;
}

static __always_inline void *transport_of(const struct cursor *frame, const struct packet *packet, __u32 size)
{
	void *transport = frame->start + (packet->transport & MAX_TRANSPORT_OFFSET);

	return transport + size <= frame->end ? transport : 0;
}

/* Fills a probe, all of it. `frame` is the one that `packet` was parsed from. */
static __always_inline void examine(const struct cursor *frame, const struct packet *packet,
				    struct probe *probe)
{
	enum { SCTP_CHUNK_OFFSET = 12 };
	struct tcp *tcp = transport_of(frame, packet, sizeof *tcp);
	__u8 *sctp = transport_of(frame, packet, SCTP_CHUNK_OFFSET + 1);

	*probe = (struct probe){ .ports = packet->ports,
				 .protocol = packet->protocol,
				 .flags = packet->tcp_flags };
	if (packet->protocol == IPPROTO_TCP) {
		probe->cut_short = packet->length < sizeof *tcp || !tcp;
		if (!probe->cut_short && tcp)
			probe->header_size = tcp->offset >> 4 << 2;
	}
	if (packet->protocol == IPPROTO_SCTP && sctp)
		probe->sctp_chunk = sctp[SCTP_CHUNK_OFFSET];
}

/* To a multicast or broadcast Ethernet address. */
static __always_inline int is_group(struct xdp_md *ctx)
{
	struct cursor frame = frame_of(ctx);
	__u8 *destination = take(&frame, 1);

	return destination && *destination & 1;
}

/* Or hop limit. */
static __always_inline __u8 ttl_of(const struct cursor *frame, const struct packet *packet)
{
	struct ipv6hdr *header6 = network_of(frame, packet, sizeof *header6);
	struct iphdr *header4 = network_of(frame, packet, sizeof *header4);

	if (packet->ipv6)
		return header6 ? header6->hop_limit : 0;
	return header4 ? header4->ttl : 0;
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
	if (probe->cut_short) /* no flags to judge by: no other than a scanner sends such fragments */
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

/* nmap's raw SYN: the option MSS 1460 alone and a window of 1 to 8 KiB in whole KiB. */
static __always_inline int is_nmap(const struct cursor *frame, const struct packet *packet,
				   const struct tcp *tcp, const struct probe *probe)
{
	enum { HEADER = sizeof *tcp + 4, MSS_1460 = 0x020405b4, WINDOWS = 0x1c00 };
	__be32 *option = transport_of(frame, packet, HEADER);

	if (probe->header_size != HEADER || packet->length < HEADER || !option)
		return 0;
	return option[sizeof *tcp / sizeof *option] == bpf_htonl(MSS_1460) && tcp->window &&
	       !(bpf_ntohs(tcp->window) & ~WINDOWS);
}

/*
 * The mark of a tool in one packet; figures after the tools' own sources: zmap sets the IP id to 54321, masscan to
 * the lower half of address ^ port ^ sequence number, nmap's raw SYN has one option and a round window, hping3 sends no options
 * and a window of 512.
 */
static __always_inline enum tool tool_of(const struct cursor *frame, const struct packet *packet,
					 const struct probe *probe)
{
	enum { ZMAP_ID = 54321, HPING_WINDOW = 512 };
	struct iphdr *header = network_of(frame, packet, sizeof *header);
	struct tcp *tcp = transport_of(frame, packet, sizeof *tcp);
	__u32 address = bpf_ntohl(packet->destination_low >> 32);
	__u32 mixed;

	if (!header)
		return TOOL_NONE;
	if (!packet->ipv6 && header->id == bpf_htons(ZMAP_ID))
		return TOOL_ZMAP;
	if (!is_bare_tcp(probe) || !(probe->flags & TCP_SYN) || !tcp)
		return TOOL_NONE;
	mixed = address ^ bpf_ntohs(packet->ports >> 16) ^ bpf_ntohl(tcp->sequence);
	if (!packet->ipv6 && bpf_ntohs(header->id) == (__u16)mixed)
		return TOOL_MASSCAN;
	if (is_nmap(frame, packet, tcp, probe))
		return TOOL_NMAP;
	return probe->header_size == sizeof *tcp && tcp->window == bpf_htons(HPING_WINDOW) ? TOOL_HPING
											   : TOOL_NONE;
}

#endif
