/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * What two CPUs get done beside one: packets of a source for each, and of one for both, each packet to a new port. The
 * program that only passes shows what the machine allows. Prints a JSON line for each row: packets in a microsecond of one
 * CPU and of two, one figure a round. Usage: speedup [ROUNDS [MILLISECONDS]]
 */
#include "namespace.h" /* first: it asks for GNU extensions */

#include <errno.h>
#include <limits.h>
#include <signal.h>

#include "pinned.h"

enum { CPUS = 2, SYN = 2 };

/* What one CPU runs until it gets a signal. */
struct job {
	struct mill mill;
	struct frame frame;
	int cpu;
	pthread_t thread;
};

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
	for (int cpu = 0; cpu < CPUS; cpu++) {
		struct job *job = &row->jobs[cpu];

		job->cpu = cpu;
		job->mill = open_mill(program);
		job->frame = make_frame(FORM_IPV4, row->sources[cpu], "10.0.0.1", 40000, SYN);
		job->mill.skeleton->bss->variation = (struct variation){
			.source_offset = job->frame.source_offset,
			.port_offset = job->frame.port_offset,
			.port_mask = 0x3fff,
			.port_step = 1,
			.first_port = 1 + cpu * 0x4000,
		};
	}
}

static void interrupt(int signal) { (void)signal; }

static void *run_until_signal(void *argument)
{
	struct job *job = argument;
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = job->frame.bytes, .data_size_in = job->frame.size,
		    .repeat = INT_MAX);

	pin_to_cpu(job->cpu);
	require(bpf_prog_test_run_opts(job->mill.program, &options) == -EINTR, "test run");
	return 0;
}

static __u32 packets_of(const struct job *job)
{
	return *(volatile __u32 *)&job->mill.skeleton->bss->variation.counter;
}

/* The kernel takes its time to begin a run: so what counts is a stretch in which all jobs go on. Packets in a microsecond. */
static double throughput(struct row *row, int cpus, int milliseconds)
{
	struct timespec stretch = { .tv_sec = milliseconds / 1000,
				    .tv_nsec = milliseconds % 1000 * 1000000L };
	__u32 before[CPUS], packets = 0;
	double start, end;

	for (int cpu = 0; cpu < cpus; cpu++) {
		before[cpu] = packets_of(&row->jobs[cpu]);
		require(!pthread_create(&row->jobs[cpu].thread, 0, run_until_signal, &row->jobs[cpu]),
			"thread");
	}
	for (int cpu = 0; cpu < cpus; cpu++)
		while (packets_of(&row->jobs[cpu]) == before[cpu])
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, 0);
	start = seconds();
	for (int cpu = 0; cpu < cpus; cpu++)
		before[cpu] = packets_of(&row->jobs[cpu]);
	nanosleep(&stretch, 0);
	end = seconds();
	for (int cpu = 0; cpu < cpus; cpu++)
		packets += packets_of(&row->jobs[cpu]) - before[cpu];
	for (int cpu = 0; cpu < cpus; cpu++) {
		require(!pthread_kill(row->jobs[cpu].thread, SIGUSR1), "interrupt a run");
		pthread_join(row->jobs[cpu].thread, 0);
	}
	return packets / (end - start) / 1e6;
}

int main(int argc, char **argv)
{
	enum { ROWS = sizeof rows / sizeof *rows };
	int rounds = argc > 1 ? atoi(argv[1]) : 15;
	int milliseconds = argc > 2 ? atoi(argv[2]) : 100;
	double one[ROWS][rounds], two[ROWS][rounds];

	enter_namespace();

	struct sensor sensor = open_sensor(65536);
	struct pass *pass = pass__open_and_load();

	require(pass != 0, "load pass");
	require(!sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = interrupt }, 0), "signal handler");
	add_own_address(&sensor, "10.0.0.1");
	sensor.settings->copy[0].threshold = ~0u;
	for (int row = 0; row < ROWS; row++)
		prepare(&rows[row], rows[row].passes ? bpf_program__fd(pass->progs.pass) : sensor.program);
	for (int round = 0; round < rounds; round++) {
		for (int row = 0; row < ROWS; row++) {
			one[row][round] = throughput(&rows[row], 1, milliseconds);
			two[row][round] = throughput(&rows[row], CPUS, milliseconds);
		}
	}
	for (int row = 0; row < ROWS; row++) {
		printf("{\"row\":\"%s\"", rows[row].name);
		print_figures("one", one[row], rounds, 2);
		print_figures("two", two[row], rounds, 2);
		puts("}");
	}
	return 0;
}
