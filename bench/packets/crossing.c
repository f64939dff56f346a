/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * What an event costs the packet that makes it: 10 000 a second, on one CPU, with a reader on another. The product's crossing over
 * a change that does not cross, and the usual ways of telling over a program that tells nothing. Prints a JSON line for each
 * row: nanoseconds of the quiet packet and of the telling one, the mean of a round. Usage: crossing [ROUNDS [EVENTS]]
 */
#include "pinned.h"

#include <sys/epoll.h>
#include <time.h>

#include "tell.skel.h"

enum { EVENT_NS = 100000, SYN = 2, PACKETS = 4 /* of a source */, THRESHOLD = 2 };

/* Wakes when there is something to read. */
struct reader {
	struct ring_buffer *ring; /* or … */
	struct perf_buffer *perf;
	volatile long pause_ns; /* from waking to the end of reading: what a send takes */
	volatile int stops;
	pthread_t thread;
};

struct way {
	const char *name;
	struct reader *reader;
	long pause_ns;
	/* A program for each packet of a source; the last one tells, the one before is what it is held against. */
	int programs[PACKETS];
};

static unsigned long received;

static int note_record(void *context, void *data, size_t size)
{
	(void)context, (void)data, (void)size;
	__atomic_fetch_add(&received, 1, __ATOMIC_RELAXED);
	return 0;
}

static void note_sample(void *context, int cpu, void *data, unsigned int size)
{
	(void)cpu;
	note_record(context, data, size);
}

static void *read_records(void *argument)
{
	struct reader *reader = argument;
	int fd = reader->ring ? ring_buffer__epoll_fd(reader->ring) : perf_buffer__epoll_fd(reader->perf);
	struct epoll_event event;

	while (!reader->stops) {
		struct timespec pause = { .tv_nsec = reader->pause_ns };

		if (epoll_wait(fd, &event, 1, 100) <= 0)
			continue;
		if (pause.tv_nsec)
			nanosleep(&pause, 0);
		if (reader->ring)
			ring_buffer__consume(reader->ring);
		else
			perf_buffer__consume(reader->perf);
	}
	return 0;
}

static long nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

static double run_once(int program, const struct frame *frame)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->bytes, .data_size_in = frame->size,
		    .repeat = 1);

	require(!bpf_prog_test_run_opts(program, &options), "test run");
	return options.duration;
}

/* Each event is of a source of its own. Leaves the means of the quiet and of the telling packet. */
static void run_round(const struct way *way, int events, double *quiet, double *telling)
{
	struct frame frame = make_frame(FORM_IPV4, "10.0.0.0", "10.0.0.1", 40000, SYN);
	unsigned long wanted = __atomic_load_n(&received, __ATOMIC_RELAXED) + events;
	long start = nanoseconds();

	way->reader->pause_ns = way->pause_ns;
	*quiet = *telling = 0;
	for (int event = 0; event < events; event++) {
		while (nanoseconds() < start + event * (long)EVENT_NS)
			;
		frame.bytes[frame.source_offset + 2] = event >> 8;
		frame.bytes[frame.source_offset + 3] = event;
		for (int packet = 0; packet < PACKETS; packet++) {
			double took;

			frame.bytes[frame.port_offset + 1] = packet + 1;
			took = run_once(way->programs[packet], &frame);
			if (packet == PACKETS - 2)
				*quiet += took / events;
			if (packet == PACKETS - 1)
				*telling += took / events;
		}
	}
	for (long deadline = nanoseconds() + 5000000000L; received < wanted;)
		require(nanoseconds() < deadline, "every event arrives");
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 21;
	int events = argc > 2 ? atoi(argv[2]) : 1000;
	struct sensor sensor = open_sensor(65536);
	struct tell *tell = tell__open_and_load();

	require(tell != 0, "load tell");
	sensor.settings->copy[0].threshold = THRESHOLD;
	sensor.settings->copy[0].count_all = 1;
	ring_buffer__free(sensor.ring);

	int ticker = sensor.program, nothing = bpf_program__fd(tell->progs.tell_nothing);
	struct reader product = { .ring = ring_buffer__new(bpf_map__fd(sensor.skeleton->maps.ring),
							   note_record, 0, 0) };
	struct reader ring = { .ring = ring_buffer__new(bpf_map__fd(tell->maps.ring_records), note_record, 0,
							0) };
	struct reader perf = { .perf = perf_buffer__new(bpf_map__fd(tell->maps.perf_records), 64, note_sample,
							0, 0, 0) };
	struct reader *readers[] = { &product, &ring, &perf };
	struct way ways[] = {
		{ "port-ticker, 2 ms until a batch is acknowledged",
		  &product,
		  2000000,
		  { ticker, ticker, ticker, ticker } },
		{ "port-ticker, 5 ms until a batch is acknowledged",
		  &product,
		  5000000,
		  { ticker, ticker, ticker, ticker } },
		{ "port-ticker, each event taken at once", &product, 0, { ticker, ticker, ticker, ticker } },
		{ "perf buffer, each event taken at once",
		  &perf,
		  0,
		  { nothing, nothing, nothing, bpf_program__fd(tell->progs.tell_by_perf) } },
		{ "ring buffer, a wake-up each, each event taken at once",
		  &ring,
		  0,
		  { nothing, nothing, nothing, bpf_program__fd(tell->progs.tell_by_ring) } },
	};
	enum { READERS = sizeof readers / sizeof *readers, WAYS_TO_TELL = sizeof ways / sizeof *ways };
	double quiet[WAYS_TO_TELL][rounds], telling[WAYS_TO_TELL][rounds];

	require(product.ring && ring.ring && perf.perf, "buffers");
	pin_to_cpu(1); /* the readers stay there */
	for (int i = 0; i < READERS; i++)
		require(!pthread_create(&readers[i]->thread, 0, read_records, readers[i]), "thread");
	pin_to_cpu(0);
	for (int round = 0; round < rounds; round++) {
		for (int i = 0; i < WAYS_TO_TELL; i++) {
			memset(sensor.heads, 0, sensor.slots * sizeof(struct head));
			run_round(&ways[i], events, &quiet[i][round], &telling[i][round]);
		}
	}
	for (int i = 0; i < READERS; i++) {
		readers[i]->stops = 1;
		pthread_join(readers[i]->thread, 0);
	}
	for (int i = 0; i < WAYS_TO_TELL; i++) {
		printf("{\"row\":\"%s\"", ways[i].name);
		print_figures("quiet", quiet[i], rounds, 0);
		print_figures("telling", telling[i], rounds, 0);
		puts("}");
	}
	return 0;
}
