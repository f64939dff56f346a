/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * From a frame to the words that the sensor counts by: Ethernet, up to two VLAN tags, IPv4 or IPv6, transport.
 * Calls no BPF helper, so the same code runs natively under a fuzzer. Long, because all that reads headers is here.
 */
#ifndef PORT_TICKER_PARSE_H
#define PORT_TICKER_PARSE_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>

#include "event.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "addresses are handled as little-endian words"
#endif

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

#define MAX_VLAN_TAGS 2
#define MAX_EXTENSIONS 6 /* IPv6 extension headers that are followed; real packets carry one or two */
#define TCP_SIZE 20      /* without options */
#define TCP_FLAGS_OFFSET 13
#define SCTP_INIT 1
#define SCTP_COOKIE_ECHO 10
#define UNKNOWN_LENGTH 0x10000 /* the header states no length: a jumbogram or a batch of the network stack */

/* A frame, and how far it has been read. */
struct cursor {
	void *start;
	void *at;
	void *end;
};

struct packet {
	__u64 source_high; /* 128 bits as they lie in memory; IPv4 as ::ffff:a.b.c.d */
	__u64 source_low;
	__u64 destination_high;
	__u64 destination_low;
	__u32 ports;  /* source port | destination port << 16, each in network order */
	__u32 length; /* bytes from the transport header on, by the network header's word */
	/*
	 * Where the headers begin in the frame. Offsets, not pointers: the verifier would follow each way through
	 * the parser to the end of the program, since no two of them leave the same pointer.
	 */
	__u32 network;
	__u32 transport;
	__u16 vlan; /* outermost id, NO_VLAN without a tag */
	__u8 protocol;
	__u8 ipv6;
	__u8 first_fragment; /* the transport header may be cut short */
	__u8 tcp_flags;      /* 0 for other protocols, and where a fragment has cut them off */
};

struct vlan_tag {
	__be16 control;
	__be16 type;
};

/* What the IPv6 extension headers have in common, and the fragment header. */
struct extension {
	__u8 next;
	__u8 length;     /* in units of 8 bytes after the first 8; AH: of 4 bytes after the first 8 */
	__be16 fragment; /* offset in its upper 13 bits, more-fragments in bit 0 */
	__be32 rest;
};

static __always_inline struct cursor frame_of(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;

	return (struct cursor){ .start = data, .at = data, .end = (void *)(long)ctx->data_end };
}

static __always_inline int parse_ethernet(struct cursor *cursor, struct packet *packet, __u16 *type);
static __always_inline int parse_ipv4(struct cursor *cursor, struct packet *packet);
static __always_inline int parse_ipv6(struct cursor *cursor, struct packet *packet);
static __always_inline int parse_extensions(struct cursor *cursor, struct packet *packet);
static __always_inline int parse_transport(struct cursor *cursor, struct packet *packet);
static __always_inline int parse_icmp(struct cursor *cursor, struct packet *packet);

/*
 * Returns 0 for a packet that has ports to count, STAT_ICMP_DROPPED for an ICMP request (the caller decides
 * whether it is dropped), else the statistic that says why the packet is none of ours. `ipv6` and the
 * addresses are valid whenever the network header was whole.
 */
static __always_inline int parse(struct cursor *cursor, struct packet *packet)
{
	__u16 type;
	int skipped = parse_ethernet(cursor, packet, &type);

	if (skipped)
		return skipped;
	if (type == bpf_htons(ETH_P_IP))
		skipped = parse_ipv4(cursor, packet);
	else if (type == bpf_htons(ETH_P_IPV6))
		skipped = parse_ipv6(cursor, packet);
	else
		skipped = STAT_SKIPPED_ETHERTYPE;
	if (skipped)
		return skipped;
	return parse_transport(cursor, packet);
}

/* The next `size` bytes, or null when the frame ends before. */
static __always_inline void *take(struct cursor *cursor, __u32 size)
{
	void *taken = cursor->at;

	if (taken + size > cursor->end)
		return 0;
	cursor->at = taken + size;
	return taken;
}

/* Computed here and now, or the compiler keeps the pointer instead and subtracts late. */
static __always_inline __u32 offset_of(const struct cursor *cursor, const void *at)
{
	__u64 offset = at - cursor->start;

	asm volatile("" : "+r"(offset));
	return offset;
}

static __always_inline int parse_ethernet(struct cursor *cursor, struct packet *packet, __u16 *type)
{
	struct vlan_tag *tag;
	struct ethhdr *ethernet = take(cursor, sizeof *ethernet);

	if (!ethernet)
		return STAT_SKIPPED_TRUNCATED;
	packet->vlan = NO_VLAN;
	*type = ethernet->h_proto;
#pragma unroll
	for (int i = 0; i < MAX_VLAN_TAGS; i++) {
		if (*type != bpf_htons(ETH_P_8021Q) && *type != bpf_htons(ETH_P_8021AD))
			return 0;
		tag = take(cursor, sizeof *tag);
		if (!tag)
			return STAT_SKIPPED_TRUNCATED;
		if (i == 0)
			packet->vlan = bpf_ntohs(tag->control) & 0xfff;
		*type = tag->type;
	}
	return 0;
}

/* What the headers say as they stand. */
static __always_inline void take_over_ipv4(struct packet *packet, const struct iphdr *header)
{
	packet->ipv6 = 0;
	packet->protocol = header->protocol;
	packet->source_high = 0;
	packet->source_low = (__u64)header->saddr << 32 | 0xffff0000u;
	packet->destination_high = 0;
	packet->destination_low = (__u64)header->daddr << 32 | 0xffff0000u;
}

static __always_inline void take_over_ipv6(struct packet *packet, const struct ipv6hdr *header)
{
	packet->ipv6 = 1;
	packet->protocol = header->nexthdr;
	packet->source_high = ((__u64 *)&header->saddr)[0];
	packet->source_low = ((__u64 *)&header->saddr)[1];
	packet->destination_high = ((__u64 *)&header->daddr)[0];
	packet->destination_low = ((__u64 *)&header->daddr)[1];
}

static __always_inline int parse_ipv4(struct cursor *cursor, struct packet *packet)
{
	struct iphdr *header = cursor->at;
	__u32 header_length, total;

	if (!take(cursor, sizeof *header))
		return STAT_SKIPPED_TRUNCATED;
	header_length = header->ihl * 4;
	if (header->version != 4 || header_length < sizeof *header)
		return STAT_SKIPPED_MALFORMED;
	packet->network = offset_of(cursor, header);
	take_over_ipv4(packet, header);
	if (header->frag_off & bpf_htons(0x1fff))
		return STAT_SKIPPED_FRAGMENT;
	packet->first_fragment = !!(header->frag_off & bpf_htons(0x2000));
	total = bpf_ntohs(header->tot_len);
	if (total == 0)
		total = UNKNOWN_LENGTH;
	else if (total < header_length)
		return STAT_SKIPPED_MALFORMED;
	packet->length = total - header_length;
	cursor->at = (void *)header + header_length;
	return 0;
}

static __always_inline int parse_ipv6(struct cursor *cursor, struct packet *packet)
{
	struct ipv6hdr *header = take(cursor, sizeof *header);

	if (!header)
		return STAT_SKIPPED_TRUNCATED;
	if (header->version != 6)
		return STAT_SKIPPED_MALFORMED;
	packet->network = offset_of(cursor, header);
	take_over_ipv6(packet, header);
	/* an IPv4 address in IPv6 is none on the wire (RFC 4291), and would pass for the IPv4 source */
	if (!packet->source_high && (__u32)packet->source_low == 0xffff0000u)
		return STAT_SKIPPED_MALFORMED;
	packet->first_fragment = 0;
	packet->length = bpf_ntohs(header->payload_len);
	if (packet->length == 0)
		packet->length = UNKNOWN_LENGTH;
	return parse_extensions(cursor, packet);
}

/*
 * Hides what the verifier knows of a value, which otherwise walks the rest of the program once for each value it can tell
 * apart: of what was mixed with something unknown, and taken out again, it knows nothing.
 */
static __always_inline __u32 hidden(__u32 value, __u32 unknown)
{
	value ^= unknown;
	asm volatile("" : "+r"(value));
	return value ^ unknown;
}

static __always_inline int is_extension(__u8 protocol)
{
	switch (protocol) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_AH:
	case IPPROTO_DSTOPTS:
	case IPPROTO_MH:
	case 139: /* Host Identity Protocol */
	case 140: /* Shim6 */
		return 1;
	default:
		return 0;
	}
}

/* Options and extension headers are stepped over unseen: the frame may have ended inside them. */
static __always_inline int skipped_behind(const struct cursor *cursor, int why)
{
	return cursor->at > cursor->end ? STAT_SKIPPED_TRUNCATED : why;
}

static __always_inline int parse_extensions(struct cursor *cursor, struct packet *packet)
{
	struct extension *extension;
	__u32 more;

	for (int i = 0; i < MAX_EXTENSIONS; i++) {
		if (!is_extension(packet->protocol))
			return 0;
		extension = take(cursor, sizeof *extension);
		if (!extension)
			return STAT_SKIPPED_TRUNCATED;
		more = extension->length * (packet->protocol == IPPROTO_AH ? 4 : 8);
		if (packet->protocol == IPPROTO_FRAGMENT) {
			if (extension->fragment & bpf_htons(0xfff8))
				return STAT_SKIPPED_FRAGMENT;
			packet->first_fragment |= bpf_ntohs(extension->fragment) & 1;
			more = 0;
		}
		more = hidden(more, packet->source_low >> 32);
		if (packet->length < sizeof *extension + more)
			return STAT_SKIPPED_MALFORMED;
		packet->length -= sizeof *extension + more;
		packet->protocol = extension->next;
		cursor->at += more & 0xfff;
	}
	return is_extension(packet->protocol) ? skipped_behind(cursor, STAT_SKIPPED_EXTENSIONS) : 0;
}

/* Headers must be whole, but for a first fragment, which may hold as little as 8 bytes of them (RFC 791). */
static __always_inline int parse_transport(struct cursor *cursor, struct packet *packet)
{
	enum { UDP_SIZE = 8, SCTP_SIZE = 12 + 4, FRAGMENT_SIZE = 8 };
	int tcp = packet->protocol == IPPROTO_TCP;
	__u32 *ports = cursor->at;

	packet->transport = offset_of(cursor, cursor->at);
	packet->ports = 0;
	packet->tcp_flags = 0;
	if (tcp && packet->length >= TCP_SIZE && take(cursor, TCP_SIZE)) {
		packet->tcp_flags = ((__u8 *)ports)[TCP_FLAGS_OFFSET];
	} else if (tcp ? packet->first_fragment : packet->protocol == IPPROTO_UDP) {
		if (packet->length < UDP_SIZE || !take(cursor, FRAGMENT_SIZE))
			return STAT_SKIPPED_TRUNCATED;
	} else if (tcp) {
		return STAT_SKIPPED_TRUNCATED;
	} else if (packet->protocol == IPPROTO_SCTP) {
		if (packet->length < SCTP_SIZE || !take(cursor, SCTP_SIZE))
			return STAT_SKIPPED_TRUNCATED;
		if (((__u8 *)ports)[12] != SCTP_INIT && ((__u8 *)ports)[12] != SCTP_COOKIE_ECHO)
			return STAT_SKIPPED_SCTP;
	} else if (packet->protocol == (packet->ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)) {
		return parse_icmp(cursor, packet);
	} else {
		return skipped_behind(cursor, STAT_SKIPPED_PROTOCOL);
	}
	packet->ports = *ports;
	return 0;
}

/* Requests are what a host answers to anybody: IPv4 echo, timestamp and address mask, IPv6 echo. */
static __always_inline int parse_icmp(struct cursor *cursor, struct packet *packet)
{
	enum { ICMP_SIZE = 8, ECHO = 8, TIMESTAMP = 13, ADDRESS_MASK = 17, ECHO_V6 = 128 };
	__u8 *type = cursor->at;

	if (packet->length < ICMP_SIZE || !take(cursor, ICMP_SIZE))
		return STAT_SKIPPED_TRUNCATED;
	if (packet->ipv6 ? *type == ECHO_V6 : *type == ECHO || *type == TIMESTAMP || *type == ADDRESS_MASK)
		return STAT_ICMP_DROPPED;
	return STAT_SKIPPED_ICMP;
}

#endif
