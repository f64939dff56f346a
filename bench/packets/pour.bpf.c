/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * Makes of each repetition of BPF_PROG_TEST_RUN the next packet of a flood of spoofed sources, with the probes of
 * scanners in between, then tail-calls the program under test.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "pour.h"

struct flood flood;

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

/* A scanner's probe: the scanners take turns, each goes on to its next port. */
static __always_inline void probe(__u32 *source, __u16 *port)
{
	__u32 n = flood.probes_sent++;

	*source = bpf_htonl(FIRST_SCANNER + flood.first_scanner + n % flood.scanners);
	*port = bpf_htons(FIRST_PORT + flood.first_port + n / flood.scanners);
}

/* A spoofed source's packet: `window` sources take turns until each has sent its packets, and never come again. */
static __always_inline void spoof(__u32 *source, __u16 *port)
{
	__u32 n = flood.spoofs_sent++;
	__u32 round = n / flood.window, lap = round / flood.packets_each;
	__u32 index = lap * flood.window + n % flood.window;

	/* an odd factor: each index has an address of its own, and neighbours in time are no neighbours in the table */
	*source = bpf_htonl((index * 2654435761u + flood.first_spoof) & SPOOF_MASK);
	*port = bpf_htons(FIRST_PORT + (index * 40503u + round % flood.packets_each) % PORTS);
}

SEC("xdp")
int pour(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	void *data = (void *)(long)ctx->data;
	__u32 *source = data + (flood.source_offset & 127);
	__u16 *port = data + (flood.port_offset & 127);

	if ((void *)(source + 1) > end || (void *)(port + 1) > end)
		return XDP_ABORTED;
	if (!flood.window || !flood.packets_each)
		return XDP_ABORTED;
	if (flood.scanners && (!flood.one_in || flood.turn++ % flood.one_in == 0))
		probe(source, port);
	else
		spoof(source, port);
	bpf_tail_call(ctx, &target, 0);
	return XDP_ABORTED;
}

char LICENSE[] SEC("license") = "GPL";
