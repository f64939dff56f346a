/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * Do scanners outlive a flood of spoofed sources, and are new ones found within it? All packets go to closed ports of
 * the sensor itself: so the spoofed sources look as bad as they can. Prints one JSON line.
 *
 * First `fill` packets of the flood pass, and `known` scanners touch `ports` ports each. Then the flood goes on: `packets` packets of spoofed sources that
 * send `each` packets, `window` sources in turns, while `ticks` pass, compressed, and `real` seconds, really. Then
 * `new` scanners probe in turns, `probes` each, one packet in `one-in`; `gap` ticks pass from turn to turn; the rest
 * is flood. Usage: flood [NAME=NUMBER …]
 */
#include "namespace.h" /* first: it asks for GNU extensions */

#include <time.h>

#include "../../xdp/hash.h"
#include "pour.h"
#include "pour.skel.h"

enum { CHUNK = 50000, MAX_SCANNERS = 256, AGE_SHIFT = 10 /* of xdp/table.h */, IDLE_TICKS = 225000 };

/* What can be given, with the values otherwise. */
static struct options {
	long slots, seed, fill, known, ports, packets, each, window, ticks, real, new, probes, one_in, gap;
} options = {
	.slots = 65536,
	.seed = 1,
	.known = 64,
	.ports = 2,
	.packets = 1000000,
	.each = 1,
	.window = 1,
	.probes = 100,
	.one_in = 500,
};

struct stage {
	struct sensor sensor;
	struct pour *pour;
	struct flood *flood;
	struct frame frame;
	int program;
	__u64 elapsed;           /* compressed ticks so far */
	int turn;                /* of the new scanners; 0: before the first */
	int found[MAX_SCANNERS]; /* at which of its probes a new scanner was found; 0: not yet */
};

static void read_options(int count, char **texts)
{
	static const struct {
		const char *name;
		long *value;
	} names[] = {
		{ "slots", &options.slots },   { "seed", &options.seed },     { "fill", &options.fill },
		{ "known", &options.known },   { "ports", &options.ports },   { "packets", &options.packets },
		{ "each", &options.each },     { "window", &options.window }, { "ticks", &options.ticks },
		{ "real", &options.real },     { "new", &options.new },       { "probes", &options.probes },
		{ "one-in", &options.one_in }, { "gap", &options.gap },
	};

	for (int i = 0; i < count; i++) {
		size_t length = strcspn(texts[i], "=");
		int known = 0;

		for (size_t name = 0; name < sizeof names / sizeof *names; name++) {
			if (strlen(names[name].name) == length &&
			    !strncmp(names[name].name, texts[i], length) && texts[i][length] == '=') {
				*names[name].value = atol(texts[i] + length + 1);
				known = 1;
			}
		}
		if (!known) {
			fprintf(stderr, "flood: no option %s\n", texts[i]);
			exit(2);
		}
	}
	require(options.known <= MAX_SCANNERS && options.new <= MAX_SCANNERS, "so many scanners");
}

/* splitmix64: spreads one number over the bits of many. */
static __u64 draw(__u64 *state)
{
	__u64 x = *state += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* As it lies in memory: ::ffff:198.18.a.b. */
static void scanner_address(__u8 address[16], unsigned int scanner)
{
	__u32 ipv4 = htonl(FIRST_SCANNER + scanner);

	memset(address, 0, 16);
	memset(address + 10, 0xff, 2);
	memcpy(address + 12, &ipv4, 4);
}

/* Null when it is not in the table. */
static const struct source *look_up(const struct stage *stage, unsigned int scanner)
{
	const volatile struct constants *constants =
		(const volatile struct constants *)&stage->sensor.skeleton->rodata->constants;
	__u64 address[2], hash;
	__u32 first;

	scanner_address((__u8 *)address, scanner);
	hash = hash_address(constants->secret, address[0], address[1], 0);
	first = ((hash >> 32) & constants->bucket_mask) * WAYS;
	for (unsigned int slot = first; slot < first + WAYS; slot++)
		if (stage->sensor.heads[slot].tag &&
		    !memcmp(stage->sensor.sources[slot].address, address, 16))
			return &stage->sensor.sources[slot];
	return 0;
}

static int note_event(void *context, void *data, size_t size)
{
	struct stage *stage = context;
	const struct event *event = data;
	__u32 scanner;

	(void)size;
	memcpy(&scanner, event->source.address + 12, 4);
	scanner = ntohl(scanner) - FIRST_SCANNER - options.known;
	if (scanner < (__u32)options.new && !stage->found[scanner])
		stage->found[scanner] = stage->turn;
	return 0;
}

static void open_stage(struct stage *stage)
{
	__u64 state = options.seed, secret[SECRET_WORDS];
	unsigned int zero = 0;

	for (int i = 0; i < SECRET_WORDS; i++)
		secret[i] = draw(&state);
	stage->sensor = open_keyed_sensor(options.slots, secret);
	stage->sensor.settings->copy[0].idle_ticks = IDLE_TICKS;
	add_own_address(&stage->sensor, "10.0.0.1");
	ring_buffer__free(stage->sensor.ring);
	stage->sensor.ring =
		ring_buffer__new(bpf_map__fd(stage->sensor.skeleton->maps.ring), note_event, stage, 0);
	require(stage->sensor.ring != 0, "ring buffer");

	stage->pour = pour__open_and_load();
	require(stage->pour != 0, "load pour");
	require(!bpf_map_update_elem(bpf_map__fd(stage->pour->maps.target), &zero, &stage->sensor.program, 0),
		"tail call target");
	stage->program = bpf_program__fd(stage->pour->progs.pour);
	stage->frame = make_frame(FORM_IPV4, "192.0.2.1", "10.0.0.1", 40000, 2);
	stage->flood = &stage->pour->bss->flood;
	*stage->flood = (struct flood){ .source_offset = stage->frame.source_offset,
					.port_offset = stage->frame.port_offset,
					.packets_each = options.each,
					.window = options.window,
					.first_spoof = draw(&state) };
}

/* Pours the next packets. One in `one_in` is a probe of one of `scanners`, which take turns; 0: none is. */
static void pour(struct stage *stage, long packets, unsigned int scanners, unsigned int one_in)
{
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = stage->frame.bytes, .data_size_in = stage->frame.size,
		    .repeat = packets);

	if (!packets)
		return;
	stage->flood->scanners = scanners;
	stage->flood->one_in = one_in;
	require(!bpf_prog_test_run_opts(stage->program, &run) && run.retval == 2 /* XDP_PASS */, "test run");
	ring_buffer__consume(stage->sensor.ring);
}

/* The scanners that probe next, from their first port on. */
static void enter(struct stage *stage, unsigned int first)
{
	stage->flood->first_scanner = first;
	stage->flood->probes_sent = 0;
	stage->flood->turn = 0;
}

/*
 * Nobody can move the kernel's clock, but the table knows times only as differences to it: making all of them older
 * is the same as having waited.
 */
static void pass_time(struct stage *stage, __u64 ticks)
{
	struct sensor *sensor = &stage->sensor;
	__u8 units = ((stage->elapsed + ticks) >> AGE_SHIFT) - (stage->elapsed >> AGE_SHIFT);

	stage->elapsed += ticks;
	for (unsigned int slot = 0; ticks && slot < sensor->slots; slot++) {
		sensor->heads[slot].age -= units;
		sensor->sources[slot].first -= ticks;
		sensor->sources[slot].last -= ticks;
	}
}

/* Known scanners that are in the table with all that was known of them. */
static int count_kept(const struct stage *stage)
{
	int kept = 0;

	for (int scanner = 0; scanner < options.known; scanner++) {
		const struct source *source = look_up(stage, scanner);

		kept += source && source->changes == options.ports - 1;
	}
	return kept;
}

/* Prints how many are kept, and after how many packets the first and half of them were gone; 0: never. */
static void outlive(struct stage *stage)
{
	long chunks = options.packets / CHUNK, first = 0, half = 0;
	double seconds = chunks ? (double)options.real / chunks : 0;
	struct timespec pause = { .tv_sec = seconds, .tv_nsec = 1e9 * (seconds - (long)seconds) };
	int known, kept;

	pour(stage, options.fill, 0, 0);
	enter(stage, 0);
	pour(stage, options.known * options.ports, options.known, 0);
	known = kept = count_kept(stage);
	printf("\"known\":%d", known);
	for (long chunk = 1; chunk <= chunks; chunk++) {
		pass_time(stage, options.ticks * chunk / chunks - options.ticks * (chunk - 1) / chunks);
		nanosleep(&pause, 0);
		pour(stage, CHUNK, 0, 0);
		kept = count_kept(stage);
		if (!first && kept < known)
			first = chunk * CHUNK;
		if (!half && kept < (known + 1) / 2)
			half = chunk * CHUNK;
	}
	printf(",\"kept\":%d,\"firstLostAfter\":%ld,\"halfLostAfter\":%ld", kept, first, half);
}

/* Prints at which of its probes each new scanner was found; 0: never. */
static void emerge(struct stage *stage)
{
	enter(stage, options.known);
	printf(",\"new\":[");
	for (stage->turn = 1; stage->turn <= options.probes && options.new; stage->turn++) {
		pour(stage, options.new *options.one_in, options.new, options.one_in);
		pass_time(stage, options.gap);
	}
	for (int scanner = 0; scanner < options.new; scanner++)
		printf("%s%d", scanner ? "," : "", stage->found[scanner]);
	printf("]");
}

int main(int count, char **texts)
{
	static struct stage stage;

	read_options(count - 1, texts + 1);
	enter_namespace();
	open_stage(&stage);
	printf("{\"seed\":%ld,\"slots\":%ld,", options.seed, options.slots);
	outlive(&stage);
	emerge(&stage);
	printf(",\"admitted\":%llu,\"refused\":%llu,\"evicted\":%llu,\"ringFull\":%llu,\"lost\":%llu}\n",
	       statistic(&stage.sensor, STAT_SOURCES_ADMITTED),
	       statistic(&stage.sensor, STAT_SOURCES_REFUSED), statistic(&stage.sensor, STAT_SOURCES_EVICTED),
	       statistic(&stage.sensor, STAT_RING_FULL), statistic(&stage.sensor, STAT_CROSSINGS_LOST));
	return 0;
}
