/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
#ifndef PORT_TICKER_PINNED_H
#define PORT_TICKER_PINNED_H

#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "harness.h"

/* Keeps the calling thread on one CPU. */
static inline void pin_to_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	require(!sched_setaffinity(0, sizeof set, &set), "pin to a CPU");
}

static inline double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

#endif
