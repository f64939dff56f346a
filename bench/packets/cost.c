/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * What a packet costs: the product's program and the usual way, each over XDP_PASS, in turns. Prints a JSON line
 * for each row: nanoseconds by program, one figure a round. Usage: cost [ROUNDS [PACKETS [ROW]]], ROW a part of the row's name
 */
#include "namespace.h"

enum { SLOTS = 65536 };

enum { SYN = 2, ACK = 16, FLOWS = 64, FIRST_FLOW = 40000, SERVER = 9443 };

struct row {
	const char *name;
	enum form form;
	unsigned char flags;
	struct variation variation;
	int warm_up;   /* packets before the first round */
	int usual_way; /* 1: the baseline can do it too */
	int count_all; /* 1: policy `all` */
	const char *source, *destination;
	unsigned short from; /* source port */
};

#define ONE_PORT                                                                                             \
	{                                                                                                    \
		0                                                                                            \
	}
#define NEW_PORTS                                                                                            \
	{                                                                                                    \
		.port_mask = 0x3fff, .port_step = 1, .first_port = 1                                         \
	}
#define MANY(mask)                                                                                           \
	{                                                                                                    \
		.source_mask = mask                                                                          \
	}
#define MANY_NEW_PORTS(mask)                                                                                 \
	{                                                                                                    \
		.source_mask = mask, .port_mask = 0x7fff, .port_step = 40503, .first_port = 1                \
	}
#define LOCAL_PORTS                                                                                          \
	{                                                                                                    \
		.port_mask = FLOWS - 1, .port_step = 1, .first_port = FIRST_FLOW                             \
	}
#define STRANGER "10.1.2.3", "10.0.0.1", 40000
#define STRANGER6 "fd00::2", "fd00::1", 40000

static const struct row rows[] = {
	{ "same port, IPv4", FORM_IPV4, SYN, ONE_PORT, 200000, 1, 0, STRANGER },
	{ "same port, IPv6", FORM_IPV6, SYN, ONE_PORT, 200000, 0, 0, STRANGER6 },
	{ "same port, VLAN", FORM_VLAN, SYN, ONE_PORT, 200000, 0, 0, STRANGER },
	{ "new port each packet, policy all", FORM_IPV4, SYN, NEW_PORTS, 200000, 1, 1, STRANGER },
	{ "new port each packet, policy all, IPv6", FORM_IPV6, SYN, NEW_PORTS, 200000, 0, 1, STRANGER6 },
	{ "new port each packet, after the verdict", FORM_IPV4, SYN, NEW_PORTS, 200000, 1, 0, STRANGER },
	{ "new port each packet, a socket look-up each", FORM_IPV4, ACK, NEW_PORTS, 200000, 1, 0, STRANGER },
	{ "established flows over 64 local ports", FORM_IPV4, ACK, LOCAL_PORTS, 200000, 1, 0, "127.0.0.2",
	  "127.0.0.1", SERVER },
	{ "16 Ki sources, one port", FORM_IPV4, SYN, MANY(0x3fff), 1000000, 1, 0, STRANGER },
	{ "16 Ki sources, new ports, policy all", FORM_IPV4, SYN, MANY_NEW_PORTS(0x3fff), 1000000, 1, 1,
	  STRANGER },
	{ "1 Mi sources, one port", FORM_IPV4, SYN, MANY(0xfffff), 4000000, 1, 0, STRANGER },
	{ "1 Mi sources, new ports, policy all", FORM_IPV4, SYN, MANY_NEW_PORTS(0xfffff), 4000000, 1, 1,
	  STRANGER },
};

static void measure(const struct row *row, struct sensor *sensor, struct mill mills[3], int rounds,
		    int packets)
{
	static const char *names[] = { "pass", "port_ticker", "lru" };
	struct frame frame = make_frame(row->form, row->source, row->destination, row->from, row->flags);
	int programs = row->usual_way ? 3 : 2;
	double results[3][rounds];

	clear_sensor(sensor);
	sensor->settings->copy[0].count_all = row->count_all;
	for (int i = 0; i < programs; i++) {
		mills[i].skeleton->bss->variation = row->variation;
		run_mill(&mills[i], &frame, row->warm_up);
	}
	for (int round = 0; round < rounds; round++) {
		ring_buffer__consume(sensor->ring);
		for (int i = 0; i < programs; i++)
			results[i][round] = run_mill(&mills[i], &frame, packets);
	}
	printf("{\"row\":\"%s\"", row->name);
	for (int i = 0; i < programs; i++) {
		printf(",\"%s\":[", names[i]);
		for (int round = 0; round < rounds; round++)
			printf("%s%.0f", round ? "," : "", results[i][round]);
		printf("]");
	}
	puts("}");
	fflush(stdout);
}

static void print_size(struct sensor *sensor)
{
	struct bpf_prog_info info = { 0 };
	unsigned int size = sizeof info;

	require(!bpf_obj_get_info_by_fd(sensor->program, &info, &size), "program info");
	printf("{\"program\":{\"verifiedInstructions\":%u,\"translatedBytes\":%u,\"jitedBytes\":%u}}\n",
	       info.verified_insns, info.xlated_prog_len, info.jited_prog_len);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 15;
	int packets = argc > 2 ? atoi(argv[2]) : 400000;
	const char *wanted = argc > 3 ? argv[3] : "";

	enter_namespace();
	connect_many(FLOWS, FIRST_FLOW, SERVER);

	struct sensor sensor = open_sensor(SLOTS);
	struct pass *pass = pass__open_and_load();
	struct lru *lru = lru__open_and_load();
	unsigned int zero = 0, config[2] = { 20, 0 };

	add_own_address(&sensor, "10.0.0.1");
	add_own_address(&sensor, "127.0.0.1");
	require(pass && lru, "load the baselines");
	require(!bpf_map_update_elem(bpf_map__fd(lru->maps.config), &zero, config, 0), "configure lru");
	struct mill mills[3] = { open_mill(bpf_program__fd(pass->progs.pass)), open_mill(sensor.program),
				 open_mill(bpf_program__fd(lru->progs.lru)) };

	print_size(&sensor);
	for (unsigned int i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strstr(rows[i].name, wanted))
			measure(&rows[i], &sensor, mills, rounds, packets);
	return 0;
}
