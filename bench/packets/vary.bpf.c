/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * Varies the packet from one repetition of BPF_PROG_TEST_RUN to the next, which does not restore the frame in
 * between, then tail-calls the program under test.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "vary.h"

struct variation variation;

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

SEC("xdp")
int vary(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	void *data = (void *)(long)ctx->data;
	__u32 *source = data + (variation.source_offset & 127);
	/* source and destination port, written as one word: what is read as one must not be pieced together from two stores */
	__u32 *ports = data + (variation.port_offset - sizeof(__u16) & 127);
	__u32 n = variation.counter++;

	if ((void *)(source + 1) > end || (void *)(ports + 1) > end)
		return XDP_ABORTED;
	/* scattered by a multiplication: neighbours in time are no neighbours in the table */
	if (variation.source_mask)
		*source = bpf_htonl(0x0a000000 | ((n * 2654435761u >> 4) & variation.source_mask));
	if (variation.port_mask)
		*ports = (*ports & 0xffff) | (__u32)bpf_htons(variation.first_port +
							      (n * variation.port_step & variation.port_mask))
						     << 16;
	bpf_tail_call(ctx, &target, 0);
	return XDP_ABORTED;
}

char LICENSE[] SEC("license") = "GPL";
