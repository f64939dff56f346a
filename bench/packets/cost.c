/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * What a packet costs: the product's program and the usual way, each over XDP_PASS, in turns. Prints a JSON line
 * for each row: nanoseconds by program, one figure a round; of many sources also how many are in the table at the end.
 * Usage: cost [ROUNDS [PACKETS [ROW]]], ROW a part of the row's name
 */
#include "namespace.h"

/* Two sizes of table, each with programs of its own. */
enum size { SMALL, LARGE, SIZES };

static const unsigned int slots[SIZES] = { 1 << 16, 1 << 20 };

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
	enum size size;      /* of the table */
};

enum { PROGRAMS = 3 };

/* The programs of one size of table: XDP_PASS, the product's, the usual way. */
struct stage {
	struct sensor sensor;
	struct mill mills[PROGRAMS];
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
	{ "same port, IPv4", FORM_IPV4, SYN, ONE_PORT, 200000, 1, 0, STRANGER, SMALL },
	{ "same port, IPv6", FORM_IPV6, SYN, ONE_PORT, 200000, 0, 0, STRANGER6, SMALL },
	{ "same port, VLAN", FORM_VLAN, SYN, ONE_PORT, 200000, 0, 0, STRANGER, SMALL },
	{ "new port each packet, policy all", FORM_IPV4, SYN, NEW_PORTS, 200000, 1, 1, STRANGER, SMALL },
	{ "new port each packet, policy all, IPv6", FORM_IPV6, SYN, NEW_PORTS, 200000, 0, 1, STRANGER6,
	  SMALL },
	{ "new port each packet, after the verdict", FORM_IPV4, SYN, NEW_PORTS, 200000, 1, 0, STRANGER,
	  SMALL },
	{ "new port each packet, a socket look-up each", FORM_IPV4, ACK, NEW_PORTS, 200000, 1, 0, STRANGER,
	  SMALL },
	{ "established flows over 64 local ports", FORM_IPV4, ACK, LOCAL_PORTS, 200000, 1, 0, "127.0.0.2",
	  "127.0.0.1", SERVER, SMALL },
	{ "16 Ki sources in 64 Ki slots, one port", FORM_IPV4, SYN, MANY(0x3fff), 1000000, 1, 0, STRANGER,
	  SMALL },
	{ "16 Ki sources in 64 Ki slots, new ports, policy all", FORM_IPV4, SYN, MANY_NEW_PORTS(0x3fff),
	  1000000, 1, 1, STRANGER, SMALL },
	{ "1 Mi sources in 64 Ki slots, one port", FORM_IPV4, SYN, MANY(0xfffff), 4000000, 1, 0, STRANGER,
	  SMALL },
	{ "1 Mi sources in 64 Ki slots, new ports, policy all", FORM_IPV4, SYN, MANY_NEW_PORTS(0xfffff),
	  4000000, 1, 1, STRANGER, SMALL },
	{ "512 Ki sources in 1 Mi slots, one port", FORM_IPV4, SYN, MANY(0x7ffff), 4000000, 1, 0, STRANGER,
	  LARGE },
	{ "512 Ki sources in 1 Mi slots, new ports, policy all", FORM_IPV4, SYN, MANY_NEW_PORTS(0x7ffff),
	  4000000, 1, 1, STRANGER, LARGE },
};

static unsigned int count_resident(const struct sensor *sensor)
{
	unsigned int resident = 0;

	for (unsigned int slot = 0; slot < sensor->slots; slot++)
		resident += sensor->heads[slot].tag != 0;
	return resident;
}

static void measure(const struct row *row, struct stage *stage, int rounds, int packets)
{
	static const char *names[PROGRAMS] = { "pass", "port_ticker", "lru" };
	struct frame frame = make_frame(row->form, row->source, row->destination, row->from, row->flags);
	int programs = row->usual_way ? PROGRAMS : PROGRAMS - 1;
	double results[PROGRAMS][rounds];

	clear_sensor(&stage->sensor);
	stage->sensor.settings->copy[0].count_all = row->count_all;
	for (int i = 0; i < programs; i++) {
		stage->mills[i].skeleton->bss->variation = row->variation;
		run_mill(&stage->mills[i], &frame, row->warm_up);
	}
	for (int round = 0; round < rounds; round++) {
		ring_buffer__consume(stage->sensor.ring);
		for (int i = 0; i < programs; i++)
			results[i][round] = run_mill(&stage->mills[i], &frame, packets);
	}
	printf("{\"row\":\"%s\"", row->name);
	if (row->variation.source_mask)
		printf(",\"sources\":%u,\"resident\":%u", row->variation.source_mask + 1,
		       count_resident(&stage->sensor));
	for (int i = 0; i < programs; i++)
		print_figures(names[i], results[i], rounds, 0);
	puts("}");
	fflush(stdout);
}

static struct stage open_stage(unsigned int slots, const struct pass *pass)
{
	struct stage stage = { .sensor = open_sensor(slots) };
	struct lru *lru = open_lru(slots);

	add_own_address(&stage.sensor, "10.0.0.1");
	add_own_address(&stage.sensor, "127.0.0.1");
	stage.mills[0] = open_mill(bpf_program__fd(pass->progs.pass));
	stage.mills[1] = open_mill(stage.sensor.program);
	stage.mills[2] = open_mill(bpf_program__fd(lru->progs.lru));
	return stage;
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

	struct pass *pass = pass__open_and_load();

	require(pass != 0, "load pass");
	struct stage stages[SIZES] = { open_stage(slots[SMALL], pass), open_stage(slots[LARGE], pass) };

	print_size(&stages[SMALL].sensor);
	for (unsigned int i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strstr(rows[i].name, wanted))
			measure(&rows[i], &stages[rows[i].size], rounds, packets);
	return 0;
}
