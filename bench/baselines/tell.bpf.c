/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/* The usual ways to tell user space of a packet: a record each, and the reader is woken for each. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define RECORD_SIZE 128 /* as the product's */

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
} perf_records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} ring_records SEC(".maps");

static const __u8 record[RECORD_SIZE];

SEC("xdp")
int tell_nothing(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

SEC("xdp")
int tell_by_perf(struct xdp_md *ctx)
{
	bpf_perf_event_output(ctx, &perf_records, BPF_F_CURRENT_CPU, (void *)record, sizeof record);
	return XDP_PASS;
}

SEC("xdp")
int tell_by_ring(struct xdp_md *ctx)
{
	(void)ctx;
	bpf_ringbuf_output(&ring_records, (void *)record, sizeof record, BPF_RB_FORCE_WAKEUP);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
