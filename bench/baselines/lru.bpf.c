/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * The usual way to count port changes: an LRU hash of sources, settings in an array map, and one
 * bpf_map_update_elem for every change. IPv4 only, no ignore list, no events: less work than the product does.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct config {
	__u32 threshold;
	__u32 icmp_enable;
};

struct tracked {
	__u32 changes;
	__u16 port; /* network order */
	__u16 crossed;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct config);
} config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct tracked);
} tracked SEC(".maps");

SEC("xdp")
int lru(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *ethernet = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(ethernet + 1);
	__u32 zero = 0;

	if ((void *)(ip + 1) > end || ethernet->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;

	struct udphdr *udp = (void *)ip + ip->ihl * 4;
	struct config *settings = bpf_map_lookup_elem(&config, &zero);

	if (!settings || (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP) ||
	    (void *)(udp + 1) > end)
		return XDP_PASS;

	__u32 source = ip->saddr;
	struct tracked *known = bpf_map_lookup_elem(&tracked, &source);
	struct tracked next = { .port = udp->dest };

	if (known) {
		if (known->port == udp->dest)
			return XDP_PASS;
		next.changes = known->changes + 1;
		next.crossed = next.changes > settings->threshold;
	}
	bpf_map_update_elem(&tracked, &source, &next, BPF_ANY);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
