/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
#ifndef PORT_TICKER_PINNED_H
#define PORT_TICKER_PINNED_H

#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>

#include "harness.h"

/* Keeps the calling thread on one CPU. */
static inline void pin_to_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	require(!sched_setaffinity(0, sizeof set, &set), "pin to a CPU");
}

/* Packets for one CPU. */
struct job {
	struct mill mill;
	struct frame frame;
	int cpu;
	int packets;
	double nanoseconds; /* a packet, when it has run */
	pthread_barrier_t *start;
};

static inline void *work(void *argument)
{
	struct job *job = argument;

	pin_to_cpu(job->cpu);
	pthread_barrier_wait(job->start);
	job->nanoseconds = run_mill(&job->mill, &job->frame, job->packets);
	return 0;
}

/* Runs the first `count` jobs at the same time, job i on CPU i. */
static inline void run_jobs(struct job *jobs, int count, int packets)
{
	pthread_barrier_t start;
	pthread_t threads[count];

	pthread_barrier_init(&start, 0, count);
	for (int i = 0; i < count; i++) {
		jobs[i].cpu = i;
		jobs[i].packets = packets;
		jobs[i].start = &start;
		require(!pthread_create(&threads[i], 0, work, &jobs[i]), "thread");
	}
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], 0);
	pthread_barrier_destroy(&start);
}

#endif
