/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * Two CPUs send packets of one source, each to ports that the other never uses and never the same port twice in
 * a row. Whatever the order in which the packets meet, every packet but the first one is a change: the count
 * must be the number of packets less one. Then both send the first packets of the same new sources at the same
 * time: each source must get one place in the table. Prints one JSON line. Usage: two_cpus [PACKETS_EACH]
 */
#include "pinned.h"

struct job {
	struct mill mill;
	struct frame frame;
	int cpu;
	int packets;
	double nanoseconds;
	pthread_barrier_t *start;
};

static void *work(void *argument)
{
	struct job *job = argument;

	pin_to_cpu(job->cpu);
	pthread_barrier_wait(job->start);
	job->nanoseconds = run_mill(&job->mill, &job->frame, job->packets);
	return 0;
}

static void run(struct job jobs[2], int packets)
{
	pthread_barrier_t start;
	pthread_t threads[2];

	pthread_barrier_init(&start, 0, 2);
	for (int i = 0; i < 2; i++) {
		jobs[i].cpu = i;
		jobs[i].packets = packets;
		jobs[i].start = &start;
		require(!pthread_create(&threads[i], 0, work, &jobs[i]), "thread");
	}
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], 0);
	pthread_barrier_destroy(&start);
}

/* Ways of a bucket that hold the source of another one. */
static int count_twins(const struct sensor *sensor)
{
	int twins = 0;

	for (unsigned int slot = 0; slot < sensor->slots; slot++)
		for (unsigned int other = slot & ~(WAYS - 1u); other < slot; other++)
			twins += sensor->heads[slot].tag &&
				 sensor->heads[slot].tag == sensor->heads[other].tag;
	return twins;
}

/*
 * Whoever comes second to a source is the faster one, as it finds it in the table: so the two soon go side by side,
 * however far apart they began.
 */
static int meet_on_newcomers(void)
{
	enum { ROUNDS = 30, PACKETS = 60000 };
	struct sensor sensor = open_sensor(4 * 65536);
	struct job jobs[2];
	int twins = 0;

	for (int i = 0; i < 2; i++)
		jobs[i] = (struct job){ .mill = open_mill(sensor.program),
					.frame = make_frame(FORM_IPV4, "10.1.2.3", "10.0.0.1", 40000, 2) };
	for (int round = 0; round < ROUNDS; round++) {
		clear_sensor(&sensor);
		for (int i = 0; i < 2; i++)
			jobs[i].mill.skeleton->bss->variation = (struct variation){ .source_mask = 0xffffff };
		run(jobs, PACKETS);
		twins += count_twins(&sensor);
	}
	return twins;
}

int main(int argc, char **argv)
{
	int packets = argc > 1 ? atoi(argv[1]) : 10000000;
	struct sensor sensor = open_sensor(65536);
	struct job jobs[2];

	sensor.settings->copy[0].threshold = ~0u;
	/* longer than any pause of a busy machine, not longer than a clock that seems to run backwards */
	sensor.settings->copy[0].idle_ticks = 1 << 18;
	for (int i = 0; i < 2; i++) {
		jobs[i] = (struct job){ .mill = open_mill(sensor.program),
					.frame = make_frame(FORM_IPV4, "10.1.2.3", "10.0.0.1", 40000, 2) };
		jobs[i].mill.skeleton->bss->variation = (struct variation){ .port_mask = 0x3fff,
									    .port_step = 1,
									    .first_port = 1 + i * 0x4000 };
	}
	run(jobs, packets);

	struct source *source = find_source(&sensor, "10.1.2.3");

	require(source != 0, "the source");
	printf("{\"changes\":%u,\"expected\":%u,\"races\":%llu,\"idleResets\":%llu,\"nanoseconds\":[%.0f,%."
	       "0f]",
	       source->changes, 2 * packets - 1, statistic(&sensor, STAT_RACES),
	       statistic(&sensor, STAT_IDLE_RESETS), jobs[0].nanoseconds, jobs[1].nanoseconds);
	printf(",\"twins\":%d}\n", meet_on_newcomers());
	return 0;
}
