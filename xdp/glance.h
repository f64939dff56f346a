/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * The common case first: a whole TCP or UDP packet of at least TCP_SIZE bytes, without IP options, extension headers or
 * fragments, behind at most one VLAN tag. Everything else is parse.h's, and so is what is refused here: both say the same of a
 * packet (test/fuzz/frames.test.ts).
 * It saves a quarter of the instructions of a packet to the same port (docs/decisions/0015-the-common-case-first.md).
 */
#ifndef PORT_TICKER_GLANCE_H
#define PORT_TICKER_GLANCE_H

#include "parse.h"

/* Not struct ethhdr, which is packed: its type would be read byte by byte. */
struct ethernet {
	__u8 addresses[12];
	__be16 type;
	struct vlan_tag tag; /* if type says so */
};

static __always_inline int glance_ipv4(const void *network, const void *end, struct packet *packet);
static __always_inline int glance_ipv6(const void *network, const void *end, struct packet *packet);
static __always_inline int glance_transport(const void *transport, struct packet *packet);

/* Returns 1 for a packet that it has read as `parse` does, 0 for one that it leaves to `parse`. */
static __always_inline int glance(struct xdp_md *ctx, struct packet *packet)
{
	struct cursor frame = frame_of(ctx);
	const struct ethernet *ethernet = frame.start;
	__u16 type;

	if (frame.start + sizeof *ethernet + sizeof(struct iphdr) > frame.end)
		return 0;
	type = ethernet->type;
	packet->vlan = NO_VLAN;
	frame.at = frame.start + ETH_HLEN;
	if (type == bpf_htons(ETH_P_8021Q)) {
		packet->vlan = bpf_ntohs(ethernet->tag.control) & 0xfff;
		type = ethernet->tag.type;
		frame.at = frame.start + sizeof *ethernet;
	}
	packet->network = offset_of(&frame, frame.at);
	packet->first_fragment = 0;
	if (type == bpf_htons(ETH_P_IP))
		return glance_ipv4(frame.at, frame.end, packet);
	return type == bpf_htons(ETH_P_IPV6) && glance_ipv6(frame.at, frame.end, packet);
}

static __always_inline int glance_ipv4(const void *network, const void *end, struct packet *packet)
{
	enum { VERSION_4_SIZE_20 = 0x45, ANY_FRAGMENT = 0x3fff };
	const struct iphdr *header = network;

	if ((void *)(header + 1) + TCP_SIZE > end)
		return 0;
	packet->length = bpf_ntohs(header->tot_len) - sizeof *header;
	if (*(__u8 *)network != VERSION_4_SIZE_20 || header->frag_off & bpf_htons(ANY_FRAGMENT) ||
	    (__s32)packet->length < TCP_SIZE)
		return 0;
	take_over_ipv4(packet, header);
	packet->transport = packet->network + sizeof *header;
	return glance_transport(header + 1, packet);
}

static __always_inline int glance_ipv6(const void *network, const void *end, struct packet *packet)
{
	const struct ipv6hdr *header = network;

	if ((void *)(header + 1) + TCP_SIZE > end)
		return 0;
	packet->length = bpf_ntohs(header->payload_len);
	take_over_ipv6(packet, header);
	/* an upper half of 0 may be an IPv4 address in IPv6 */
	if (header->version != 6 || packet->length < TCP_SIZE || !packet->source_high)
		return 0;
	packet->transport = packet->network + sizeof *header;
	return glance_transport(header + 1, packet);
}

static __always_inline int glance_transport(const void *transport, struct packet *packet)
{
	packet->ports = *(__u32 *)transport;
	packet->tcp_flags = packet->protocol == IPPROTO_TCP ? ((__u8 *)transport)[TCP_FLAGS_OFFSET] : 0;
	return packet->protocol == IPPROTO_TCP || packet->protocol == IPPROTO_UDP;
}

#endif
