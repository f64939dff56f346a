/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/* Loads a program under test behind the program that varies its packets. Every failure ends the process. */
#ifndef PORT_TICKER_HARNESS_H
#define PORT_TICKER_HARNESS_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "../../xdp/event.h"
#include "../../xdp/own.h"
#include "frame.h"
#include "lru.skel.h"
#include "pass.skel.h"
#include "port_ticker.skel.h"
#include "vary.h"
#include "vary.skel.h"

/* Goes on with a JSON object: its next member, a list of one figure a round. */
static inline void print_figures(const char *name, const double *figures, int count, int decimals)
{
	printf(",\"%s\":[", name);
	for (int i = 0; i < count; i++)
		printf("%s%.*f", i ? "," : "", decimals, figures[i]);
	printf("]");
}

static inline void require(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

/*
 * The product's program with a table of its own, settings at their defaults. The variant without frags: a program
 * that tail-calls must be of the same kind as its target.
 */
struct sensor {
	struct port_ticker *skeleton;
	struct head *heads;
	struct source *sources;
	struct settings_pair *settings;
	struct ring_buffer *ring;
	__u64 secret[SECRET_WORDS];
	unsigned int slots;
	int program;
};

static inline int discard_event(void *context, void *data, size_t size)
{
	(void)context, (void)data, (void)size;
	return 0;
}

static inline void *map_memory(struct bpf_map *map, size_t size)
{
	void *memory = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	require(memory != MAP_FAILED, "mmap");
	return memory;
}

/* `secret` keys the hashes: with the same one the same sources meet in the same buckets. */
static inline struct sensor open_keyed_sensor(unsigned int slots, const __u64 secret[SECRET_WORDS])
{
	struct sensor sensor = { .slots = slots };
	struct port_ticker *skeleton = port_ticker__open();
	struct constants *constants;

	require(skeleton != 0, "open port_ticker");
	constants = (struct constants *)&skeleton->rodata->constants;
	memcpy(constants->secret, secret, sizeof constants->secret);
	constants->target_factor = target_factor(secret[2]);
	memcpy(sensor.secret, secret, sizeof sensor.secret);
	constants->bucket_mask = slots / WAYS - 1;
	constants->second_shift = 5; /* at 250 Hz */
	bpf_map__set_value_size(skeleton->maps.heads, slots * sizeof(struct head));
	bpf_map__set_value_size(skeleton->maps.sources, slots * sizeof(struct source));
	bpf_map__set_max_entries(skeleton->maps.ring, 4 << 20);
	bpf_program__set_autoload(skeleton->progs.port_ticker_frags, 0);
	bpf_program__set_autoload(skeleton->progs.clock, 0);
	require(port_ticker__load(skeleton) == 0, "load port_ticker");
	sensor.skeleton = skeleton;
	sensor.program = bpf_program__fd(skeleton->progs.port_ticker);
	sensor.heads = map_memory(skeleton->maps.heads, slots * sizeof(struct head));
	sensor.sources = map_memory(skeleton->maps.sources, slots * sizeof(struct source));
	sensor.settings = map_memory(skeleton->maps.settings, sizeof(struct settings_pair));
	sensor.settings->copy[0] =
		(struct settings){ .threshold = 20, .ephemeral_low = 32768, .ephemeral_high = 60999 };
	sensor.ring = ring_buffer__new(bpf_map__fd(skeleton->maps.ring), discard_event, 0, 0);
	require(sensor.ring != 0, "ring buffer");
	return sensor;
}

static inline struct sensor open_sensor(unsigned int slots)
{
	__u64 secret[SECRET_WORDS];

	require(getrandom(secret, sizeof secret, 0) > 0, "getrandom");
	return open_keyed_sensor(slots, secret);
}

/* `address` is IPv4 text. Each in a bucket of its own, or the later one stands. */
static inline void add_own_address(struct sensor *sensor, const char *address)
{
	static __u64 table[OWN_BUCKETS * OWN_WAYS];
	unsigned int zero = 0, ipv4;
	__u64 word;

	inet_pton(AF_INET, address, &ipv4);
	word = own_word(sensor->secret, 0, (__u64)ipv4 << 32 | 0xffff0000u, 0);
	table[own_bucket(word)] = word;
	require(!bpf_map_update_elem(bpf_map__fd(sensor->skeleton->maps.own_addresses), &zero, table, 0),
		"own address");
}

static inline void clear_sensor(struct sensor *sensor)
{
	memset(sensor->heads, 0, sensor->slots * sizeof(struct head));
	memset(sensor->sources, 0, sensor->slots * sizeof(struct source));
	ring_buffer__consume(sensor->ring);
}

/* Null when the source is not in the table. The address is IPv4 text. */
static inline struct source *find_source(struct sensor *sensor, const char *address)
{
	unsigned char wanted[16] = { [10] = 0xff, [11] = 0xff };

	inet_pton(AF_INET, address, wanted + 12);
	for (unsigned int slot = 0; slot < sensor->slots; slot++)
		if (sensor->heads[slot].tag && !memcmp(sensor->sources[slot].address, wanted, 16))
			return &sensor->sources[slot];
	return 0;
}

static inline unsigned long long statistic(struct sensor *sensor, enum statistic index)
{
	int cpus = libbpf_num_possible_cpus();
	unsigned long long(*rows)[STAT_COUNT] = calloc(cpus, sizeof *rows);
	unsigned long long sum = 0;
	unsigned int zero = 0;

	require(rows && !bpf_map_lookup_elem(bpf_map__fd(sensor->skeleton->maps.statistics), &zero, rows),
		"statistics");
	for (int cpu = 0; cpu < cpus; cpu++)
		sum += rows[cpu][index];
	free(rows);
	return sum;
}

/* The usual way for so many sources, threshold 20. */
static inline struct lru *open_lru(unsigned int sources)
{
	struct lru *lru = lru__open();
	unsigned int zero = 0, config[2] = { 20, 0 };

	require(lru != 0, "open lru");
	bpf_map__set_max_entries(lru->maps.tracked, sources);
	require(!lru__load(lru), "load lru");
	require(!bpf_map_update_elem(bpf_map__fd(lru->maps.config), &zero, config, 0), "configure lru");
	return lru;
}

/* One instance of the varying program in front of one program under test. */
struct mill {
	struct vary *skeleton;
	int program;
};

static inline struct mill open_mill(int target)
{
	struct mill mill = { .skeleton = vary__open_and_load() };
	unsigned int zero = 0;

	require(mill.skeleton != 0, "load vary");
	require(!bpf_map_update_elem(bpf_map__fd(mill.skeleton->maps.target), &zero, &target, 0),
		"tail call target");
	mill.program = bpf_program__fd(mill.skeleton->progs.vary);
	return mill;
}

/* Nanoseconds a packet, by the kernel's own measure. */
static inline double run_mill(struct mill *mill, const struct frame *frame, int packets)
{
	unsigned char out[sizeof frame->bytes];
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->bytes, .data_size_in = frame->size,
		    .data_out = out, .data_size_out = sizeof out, .repeat = packets);

	mill->skeleton->bss->variation.source_offset = frame->source_offset;
	mill->skeleton->bss->variation.port_offset = frame->port_offset;
	require(!bpf_prog_test_run_opts(mill->program, &options), "test run");
	require(options.retval == 2 /* XDP_PASS */, "verdict");
	return options.duration;
}

#endif
