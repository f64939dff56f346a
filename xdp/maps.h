/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * The maps, all pinned but .rodata, and the few accessors that everybody needs. Sizes that depend on the
 * number of sources and on the ring are set by the addon before the load.
 */
#ifndef PORT_TICKER_MAPS_H
#define PORT_TICKER_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "event.h"

#define ANSWERS 65536 /* a power of two */

const volatile struct constants constants = { .bucket_mask = 0 };

/*
 * One element that is the whole table: its address does not wait for the hash, and the verifier checks the
 * masked offset against the value size. Memory-mapped, so that user space sweeps it without a system call.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, WAYS * sizeof(struct head));
} heads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, WAYS * sizeof(struct source));
} sources SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct settings_pair);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct epoch);
} epoch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64[STAT_COUNT]);
} statistics SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MAX_IGNORE_PREFIXES);
	__type(key, struct ignore4_key);
	__type(value, __u8);
} ignore4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MAX_IGNORE_PREFIXES);
	__type(key, struct ignore6_key);
	__type(value, __u8);
} ignore6 SEC(".maps");

/* The addresses of the sensor's own namespace, see own.h: only for them sockets are asked. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, OWN_BUCKETS *OWN_WAYS * sizeof(__u64));
} own_addresses SEC(".maps");

/* One bit a port, in host order, that listens elsewhere (DNAT, load balancers): it counts as open. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 65536 / 64);
	__type(key, __u32);
	__type(value, __u64);
} open_ports SEC(".maps");

/* What sockets have answered, see answer.h. One element for the reason given at heads. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, ANSWERS * sizeof(__u64));
} answers SEC(".maps");

static const __u32 zero;

/* This CPU's row; only this CPU writes it. Null only for the verifier. */
static __always_inline __u64 *own_statistics(void) { return bpf_map_lookup_elem(&statistics, &zero); }

static __always_inline void count(enum statistic statistic)
{
	__u64 *row = own_statistics();

	if (row)
		row[statistic]++;
}

static __always_inline const struct settings *active_settings(void)
{
	struct settings_pair *pair = bpf_map_lookup_elem(&settings, &zero);

	return pair ? &pair->copy[pair->active & 1] : 0;
}

static __always_inline __u64 ticks(void) { return bpf_jiffies64() >> TICK_SHIFT; }

#endif
