/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * What two CPUs get done beside one: packets of a source for each, and of one for both, each packet to a new port. The
 * program that only passes shows what the machine allows. Prints a JSON line for each row: packets in a microsecond of one
 * CPU and of two, one figure a round. Usage: speedup [ROUNDS [PACKETS_EACH]]
 */
#include "namespace.h" /* first: it asks for GNU extensions */

#include "pinned.h"

enum { CPUS = 2 };

struct row {
	const char *name;
	const char *sources[CPUS];
	int passes; /* 1: the program that only passes */
	struct job jobs[CPUS];
};

static struct row rows[] = {
	{ .name = "XDP_PASS", .sources = { "10.1.2.3", "10.1.2.4" }, .passes = 1 },
	{ .name = "port-ticker, a source for each CPU", .sources = { "10.1.2.3", "10.1.2.4" } },
	{ .name = "port-ticker, one source for both", .sources = { "10.1.2.3", "10.1.2.3" } },
};

static void prepare(struct row *row, int program)
{
	for (int i = 0; i < CPUS; i++) {
		row->jobs[i] =
			(struct job){ .mill = open_mill(program),
				      .frame = make_frame(FORM_IPV4, row->sources[i], "10.0.0.1", 40000, 2) };
		row->jobs[i].mill.skeleton->bss->variation = (struct variation){
			.port_mask = 0x3fff, .port_step = 1, .first_port = 1 + i * 0x4000
		};
	}
}

/* Packets in a microsecond. */
static double throughput(struct row *row, int cpus, int packets)
{
	double sum = 0;

	run_jobs(row->jobs, cpus, packets);
	for (int i = 0; i < cpus; i++)
		sum += 1000 / row->jobs[i].nanoseconds;
	return sum;
}

static void print(const char *name, const double *values, int count)
{
	printf(",\"%s\":[", name);
	for (int i = 0; i < count; i++)
		printf("%s%.2f", i ? "," : "", values[i]);
	printf("]");
}

int main(int argc, char **argv)
{
	enum { ROWS = sizeof rows / sizeof *rows };
	int rounds = argc > 1 ? atoi(argv[1]) : 9;
	int packets = argc > 2 ? atoi(argv[2]) : 2000000;
	double one[ROWS][rounds], two[ROWS][rounds];

	enter_namespace();

	struct sensor sensor = open_sensor(65536);
	struct pass *pass = pass__open_and_load();

	require(pass != 0, "load pass");
	add_own_address(&sensor, "10.0.0.1");
	sensor.settings->copy[0].threshold = ~0u;
	for (int row = 0; row < ROWS; row++)
		prepare(&rows[row], rows[row].passes ? bpf_program__fd(pass->progs.pass) : sensor.program);
	for (int round = 0; round < rounds; round++) {
		for (int row = 0; row < ROWS; row++) {
			one[row][round] = throughput(&rows[row], 1, packets);
			two[row][round] = throughput(&rows[row], CPUS, packets);
		}
	}
	for (int row = 0; row < ROWS; row++) {
		printf("{\"row\":\"%s\"", rows[row].name);
		print("one", one[row], rounds);
		print("two", two[row], rounds);
		puts("}");
	}
	return 0;
}
