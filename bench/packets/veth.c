/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * Real frames: how many a second a device in driver mode takes in, by the program that is attached to it. Frames that the
 * kernel makes (BPF_F_TEST_XDP_LIVE_FRAMES) go out of one end of a veth pair and come in at the other, where the program
 * runs and the network stack gets what passes. Their Ethernet address is another host's, so that the stack drops them as
 * soon as it can: whatever it did beside would make the program's share look smaller.
 *
 * Sending and receiving take turns on one CPU. Prints a JSON line for each row: frames received in a microsecond by
 * program, one figure a round, and the frames lost. Usage: veth [ROUNDS [FRAMES]]
 */
#include "namespace.h" /* first: it asks for GNU extensions */

#include <linux/if_link.h>

#include "pinned.h"
#include "send.skel.h"

enum { SYN = 2, PROGRAMS = 3 };

struct row {
	const char *name;
	struct variation variation;
	int warm_up; /* frames before the first round */
};

static const struct row rows[] = {
	{ "same port", { .port_mask = 0 }, 200000 },
	{ "a scan: new port each frame", { .port_mask = 0x3fff, .port_step = 1, .first_port = 1 }, 200000 },
	{ "64 Ki sources, new ports",
	  { .source_mask = 0xffff, .port_mask = 0x7fff, .port_step = 40503, .first_port = 1 },
	  2000000 },
};

/* One end is sent out of, the program is attached to the other. */
struct pair {
	struct mill sender;
	int receiver; /* ifindex */
};

/* Of the namespace that `enter_namespace` has made. */
static struct pair make_pair(void)
{
	struct pair pair;
	struct send *send = send__open();

	require(!system("ip link add from type veth peer name into && ip link set from addrgenmode none up "
			"&& "
			"ip link set into addrgenmode none up"),
		"veth pair");
	require(send != 0, "open send");
	send->rodata->device = if_nametoindex("from");
	require(!send__load(send), "load send");
	pair.sender = open_mill(bpf_program__fd(send->progs.send));
	pair.receiver = if_nametoindex("into");
	return pair;
}

static unsigned long long frames_received(void)
{
	FILE *devices = fopen("/proc/thread-self/net/dev", "r");
	unsigned long long frames = 0;
	char line[256];

	require(devices != 0, "read the devices' counters");
	while (fgets(line, sizeof line, devices))
		sscanf(line, " into: %*u %llu", &frames);
	fclose(devices);
	return frames;
}

/* Returns the frames received in a microsecond, and adds to `lost` those that were not. */
static double send_frames(struct pair *pair, const struct frame *frame, int frames, unsigned long long *lost)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->bytes, .data_size_in = frame->size,
		    .repeat = frames, .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	unsigned long long before = frames_received(), received;
	double start = seconds(), end;

	pair->sender.skeleton->bss->variation.source_offset = frame->source_offset;
	pair->sender.skeleton->bss->variation.port_offset = frame->port_offset;
	require(!bpf_prog_test_run_opts(pair->sender.program, &options), "send frames");
	end = seconds();
	received = frames_received() - before;
	*lost += frames - received;
	return received / (end - start) / 1e6;
}

static void attach(const struct pair *pair, int program)
{
	require(!bpf_xdp_attach(pair->receiver, program, XDP_FLAGS_DRV_MODE, 0), "attach");
}

static void measure(const struct row *row, struct pair *pair, struct sensor *sensor,
		    const int programs[PROGRAMS], int rounds, int frames)
{
	static const char *names[PROGRAMS] = { "pass", "port_ticker", "lru" };
	struct frame frame = make_frame(FORM_IPV4, "10.1.2.3", "10.0.0.1", 40000, SYN);
	double results[PROGRAMS][rounds];
	unsigned long long lost = 0;

	memcpy(frame.bytes, "\x02\x00\x00\x00\x00\x99", 6);
	clear_sensor(sensor);
	pair->sender.skeleton->bss->variation = row->variation;
	for (int i = 0; i < PROGRAMS; i++) {
		attach(pair, programs[i]);
		send_frames(pair, &frame, row->warm_up, &lost);
	}
	for (int round = 0; round < rounds; round++) {
		ring_buffer__consume(sensor->ring);
		for (int i = 0; i < PROGRAMS; i++) {
			attach(pair, programs[i]);
			results[i][round] = send_frames(pair, &frame, frames, &lost);
		}
	}
	printf("{\"row\":\"%s\",\"lost\":%llu", row->name, lost);
	for (int i = 0; i < PROGRAMS; i++)
		print_figures(names[i], results[i], rounds, 3);
	puts("}");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 21;
	int frames = argc > 2 ? atoi(argv[2]) : 400000;

	enter_namespace();
	pin_to_cpu(0);

	struct sensor sensor = open_sensor(65536);
	struct pass *pass = pass__open_and_load();
	struct lru *lru = open_lru(65536);
	struct pair pair = make_pair();

	require(pass != 0, "load pass");
	add_own_address(&sensor, "10.0.0.1");
	int programs[PROGRAMS] = { bpf_program__fd(pass->progs.pass), sensor.program,
				   bpf_program__fd(lru->progs.lru) };

	for (unsigned int i = 0; i < sizeof rows / sizeof *rows; i++)
		measure(&rows[i], &pair, &sensor, programs, rounds, frames);
	return 0;
}
