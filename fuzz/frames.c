/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * Runs the kernel program on frames, one by one, and tells what became of each. Usage: frames first|later
 * `first`: every frame meets an empty table, so that what happens depends on the frame alone, and the reply has the
 * source that was admitted. `later`: the table fills, sources cross the threshold and are evicted, the ring runs full.
 *
 * stdin: struct request and its frame, again and again; one of size 0 asks for all replies so far. stdout: a struct reply
 * for each frame, in order. All integers in host order. What the program knows of its surroundings is below, and is known to test/helpers/frame-model.ts.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../xdp/own.h"
#include "port_ticker.skel.h"

enum { SLOTS = 64, LARGEST = 16384, FRAMES_A_READING = 1000 };

static const char *const own4 = "198.51.100.1", *const own6 = "2001:db8::2";
static const struct ignore4_key ignored4 = { .bits = 25, .address = { 192, 0, 2, 128 } };
static const struct ignore6_key ignored6 = { .bits = 48, .address = { 0x20, 0x01, 0x0d, 0xb8, 0, 1 } };

struct request {
	__u32 size;
	__u32 linear; /* wanted bytes in the first buffer, 0: as the kernel likes */
};

struct reply {
	__u64 grown;      /* bit i: statistic i has grown … */
	__u64 twice;      /* … by more than one */
	__u8 address[16]; /* of the admitted source; all of it 0 without one */
	__u32 linear;     /* bytes that lay in the first buffer */
	__u16 port;       /* network order */
	__u16 kinds;
	__u8 flags;
	__u8 verdict;
	__u8 altered; /* 1: the frame came back other than it was */
	__u8 reserved[5];
};

struct stage {
	struct port_ticker *skeleton;
	struct head *heads;
	struct source *sources;
	struct ring_buffer *ring;
	__u64 *before, *after; /* statistics of all CPUs, a row each */
	int cpu;               /* whose row grows */
	int can_divide;        /* this kernel (6.18) lets one choose how much lies in the first buffer */
};

static struct stage set_up(void);
static struct reply run(struct stage *stage, const struct request *request, const unsigned char *frame);

static void require(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

int main(int count, char **words)
{
	static unsigned char frame[LARGEST];
	int first = count == 2 && !strcmp(words[1], "first");
	unsigned long frames = 0;
	struct request request;
	struct stage stage;
	struct reply reply;

	if (count != 2 || (!first && strcmp(words[1], "later"))) {
		fprintf(stderr, "usage: frames first|later\n");
		return 2;
	}
	stage = set_up();
	while (fread(&request, sizeof request, 1, stdin) == 1) {
		if (request.size == 0) {
			fflush(stdout);
			continue;
		}
		require(request.size <= sizeof frame && fread(frame, 1, request.size, stdin) == request.size,
			"read a frame");
		if (first)
			memset(stage.heads, 0, SLOTS * sizeof *stage.heads);
		if (++frames % FRAMES_A_READING == 0)
			ring_buffer__consume(stage.ring);
		reply = run(&stage, &request, frame);
		require(fwrite(&reply, sizeof reply, 1, stdout) == 1, "write a reply");
	}
	return 0;
}

static void read_statistics(struct stage *stage, __u64 *rows)
{
	__u32 zero = 0;

	require(!bpf_map_lookup_elem(bpf_map__fd(stage->skeleton->maps.statistics), &zero, rows),
		"statistics");
}

/* 0, or -1 when the kernel refuses. A frame whose first buffer holds less than all of it has several. */
static int test_run(const struct stage *stage, struct bpf_test_run_opts *options, __u32 linear, int divided)
{
	const struct bpf_program *program =
		divided ? stage->skeleton->progs.port_ticker_frags : stage->skeleton->progs.port_ticker;

	((struct xdp_md *)options->ctx_in)->data_end = linear;
	return bpf_prog_test_run_opts(bpf_program__fd(program), options) ? -1 : 0;
}

/* The one source that a frame has brought into the empty table. */
static void describe_source(const struct stage *stage, struct reply *reply)
{
	for (int slot = 0; slot < SLOTS; slot++) {
		const struct source *source = &stage->sources[slot];

		if (!stage->heads[slot].tag)
			continue;
		memcpy(reply->address, source->address, sizeof reply->address);
		reply->port = source->port;
		reply->kinds = source->kinds;
		reply->flags = source->flags;
	}
}

/* Which statistics have grown since the last call. */
static void compare_statistics(struct stage *stage, struct reply *reply)
{
	__u64 *last = stage->before;

	read_statistics(stage, stage->after);
	for (int i = 0; i < STAT_COUNT; i++) {
		int index = stage->cpu * STAT_COUNT + i;
		__u64 growth = stage->after[index] - last[index];

		reply->grown |= (__u64)(growth > 0) << i;
		reply->twice |= (__u64)(growth > 1) << i;
	}
	stage->before = stage->after;
	stage->after = last;
}

static struct reply run(struct stage *stage, const struct request *request, const unsigned char *frame)
{
	static unsigned char out[LARGEST];
	struct xdp_md in = { 0 }, seen = { 0 };
	struct reply reply = { 0 };
	__u32 size = request->size;
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = size, .data_out = out,
		    .data_size_out = sizeof out, .ctx_in = &in, .ctx_size_in = sizeof in, .ctx_out = &seen,
		    .ctx_size_out = sizeof seen, .repeat = 1);

	if (stage->can_divide && request->linear && request->linear < size)
		require(!test_run(stage, &options, request->linear, 1), "run a divided frame");
	else if (test_run(stage, &options, size, 0))
		/* too long for one buffer */
		require(errno == EINVAL && !test_run(stage, &options, size, 1), "run a frame");
	compare_statistics(stage, &reply);
	reply.verdict = options.retval;
	reply.linear = seen.data_end;
	reply.altered = options.data_size_out != size || memcmp(out, frame, size);
	describe_source(stage, &reply);
	return reply;
}

static void *map_memory(struct bpf_map *map, size_t size)
{
	void *memory = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	require(memory != MAP_FAILED, "map memory");
	return memory;
}

static void add_own(const __u64 *secret, __u64 *table, __u64 high, __u64 low, int ipv6)
{
	__u64 word = own_word(secret, high, low, ipv6);
	__u64 *place = table + own_bucket(word);

	while (*place)
		place++;
	*place = word;
}

static void tell_surroundings(struct port_ticker *skeleton, const __u64 *secret)
{
	static __u64 own[OWN_BUCKETS * OWN_WAYS];
	struct settings_pair *settings = map_memory(skeleton->maps.settings, sizeof *settings);
	__u64 address6[2];
	__u32 zero = 0, address4;
	__u8 yes = 1;

	inet_pton(AF_INET, own4, &address4);
	inet_pton(AF_INET6, own6, address6);
	add_own(secret, own, 0, (__u64)address4 << 32 | 0xffff0000u, 0);
	add_own(secret, own, address6[0], address6[1], 1);
	require(!bpf_map_update_elem(bpf_map__fd(skeleton->maps.own_addresses), &zero, own, 0),
		"own addresses");
	require(!bpf_map_update_elem(bpf_map__fd(skeleton->maps.ignore4), &ignored4, &yes, 0), "ignore IPv4");
	require(!bpf_map_update_elem(bpf_map__fd(skeleton->maps.ignore6), &ignored6, &yes, 0), "ignore IPv6");
	settings->copy[0] = (struct settings){
		.threshold = 20, .ignore4 = 1, .ignore6 = 1, .ephemeral_low = 32768, .ephemeral_high = 60999
	};
}

static int discard_event(void *context, void *data, size_t size)
{
	(void)context, (void)data, (void)size;
	return 0;
}

static int can_divide(const struct stage *stage)
{
	static const unsigned char frame[128];
	struct xdp_md in = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof frame, .ctx_in = &in,
		    .ctx_size_in = sizeof in, .repeat = 1);

	return !test_run(stage, &options, sizeof frame / 2, 1);
}

/* One row of the statistics grows, and nobody listens. */
static void settle_down(const struct stage *stage)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(stage->cpu, &cpus);
	require(!sched_setaffinity(0, sizeof cpus, &cpus), "stay on one CPU");
	require(!unshare(CLONE_NEWNET), "new network namespace");
}

static struct stage set_up(void)
{
	static const __u64 secret[SECRET_WORDS] = { 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9,
						    0x94d049bb133111eb, 0xd6e8feb86659fd93 };
	size_t rows = libbpf_num_possible_cpus() * STAT_COUNT * sizeof(__u64);
	struct stage stage = { .skeleton = port_ticker__open(), .cpu = sched_getcpu() };
	struct constants *constants;

	require(stage.skeleton != 0 && stage.cpu >= 0, "open the program");
	settle_down(&stage);
	constants = (struct constants *)&stage.skeleton->rodata->constants;
	memcpy(constants->secret, secret, sizeof secret);
	constants->bucket_mask = SLOTS / WAYS - 1;
	constants->second_shift = 5;
	bpf_map__set_value_size(stage.skeleton->maps.heads, SLOTS * sizeof(struct head));
	bpf_map__set_value_size(stage.skeleton->maps.sources, SLOTS * sizeof(struct source));
	require(!port_ticker__load(stage.skeleton), "load the program");
	stage.heads = map_memory(stage.skeleton->maps.heads, SLOTS * sizeof(struct head));
	stage.sources = map_memory(stage.skeleton->maps.sources, SLOTS * sizeof(struct source));
	stage.ring = ring_buffer__new(bpf_map__fd(stage.skeleton->maps.ring), discard_event, 0, 0);
	stage.before = calloc(1, rows);
	stage.after = calloc(1, rows);
	require(stage.ring && stage.before && stage.after, "set up");
	tell_surroundings(stage.skeleton, secret);
	stage.can_divide = can_divide(&stage);
	read_statistics(&stage, stage.before);
	return stage;
}
