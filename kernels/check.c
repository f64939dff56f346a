/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * What does the running kernel offer of what the sensor needs? Prints a line for each feature, then loads, attaches to lo
 * and pins, with the verifier's count of instructions. Usage: check BPFFS. Exit code 0: all of it works.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../xdp/event.h"
#include "port_ticker.skel.h"

enum { LOOPBACK = 1 /* its index in every network namespace */ };

static int failures;
static char verifier_log[16 << 20];

static void say(int ok, const char *kind, const char *name, const char *detail)
{
	printf("%s: %s %s%s%s\n", ok ? "ok" : "missing", kind, name, *detail ? ": " : "", detail);
	failures += !ok;
}

static void say_helper(int helper, const char *name)
{
	say(libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, helper, 0) == 1, "helper", name, "");
}

static void say_map(int type, const char *name)
{
	say(libbpf_probe_bpf_map_type(type, 0) == 1, "map", name, "");
}

/* Null when it cannot be loaded. Only this one of its programs is loaded, so that one which fails is told from the others. */
static struct port_ticker *load(const char *name)
{
	struct port_ticker *skeleton = port_ticker__open();
	struct bpf_program *program;

	if (!skeleton)
		return 0;
	*verifier_log = 0;
	bpf_object__for_each_program(program, skeleton->obj)
	{
		bpf_program__set_autoload(program, !strcmp(bpf_program__name(program), name));
		bpf_program__set_log_buf(program, verifier_log, sizeof verifier_log);
	}
	if (!port_ticker__load(skeleton))
		return skeleton;
	port_ticker__destroy(skeleton);
	return 0;
}

/* The verifier says why in the line before its statistics. */
static const char *reason(void)
{
	char *end = strstr(verifier_log, "\nprocessed "), *begin;

	if (!end)
		return strerror(errno);
	*end = 0;
	begin = strrchr(verifier_log, '\n');
	return begin ? begin + 1 : verifier_log;
}

static void say_program(const char *name)
{
	struct port_ticker *skeleton = load(name);
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof info;
	char text[64] = "";

	if (skeleton) {
		const struct bpf_program *program = bpf_object__find_program_by_name(skeleton->obj, name);

		if (!bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
			snprintf(text, sizeof text, "%u instructions verified", info.verified_insns);
	}
	say(skeleton != 0, "program", name, skeleton ? text : reason());
	port_ticker__destroy(skeleton);
}

static void say_link(const char *bpffs)
{
	struct port_ticker *skeleton = load("port_ticker");
	struct bpf_link *link = skeleton ? bpf_program__attach_xdp(skeleton->progs.port_ticker, LOOPBACK) : 0;
	int error = errno;
	char path[PATH_MAX];

	say(link != 0, "link", "XDP on lo", link ? "" : strerror(error));
	if (link) {
		snprintf(path, sizeof path, "%s/link", bpffs);
		say(!bpf_link__pin(link, path), "pin", "of that link", "");
		unlink(path);
	}
	bpf_link__destroy(link);
	port_ticker__destroy(skeleton);
}

static int silence(enum libbpf_print_level level, const char *format, va_list words)
{
	(void)level, (void)format, (void)words;
	return 0;
}

int main(int count, char **words)
{
	if (count != 2) {
		fprintf(stderr, "usage: check BPFFS\n");
		return 2;
	}
	libbpf_set_print(silence);
	say_helper(BPF_FUNC_skc_lookup_tcp, "bpf_skc_lookup_tcp (5.2)");
	say_helper(BPF_FUNC_sk_lookup_udp, "bpf_sk_lookup_udp (4.20)");
	say_helper(BPF_FUNC_jiffies64, "bpf_jiffies64 (5.6)");
	say_helper(BPF_FUNC_ringbuf_reserve, "bpf_ringbuf_reserve (5.8)");
	say_map(BPF_MAP_TYPE_RINGBUF, "ring buffer (5.8)");
	say_map(BPF_MAP_TYPE_LPM_TRIE, "LPM trie (4.11)");
	say_program("port_ticker");
	say_program("port_ticker_frags");
	say_program("clock");
	say_link(words[1]);
	return failures > 0;
}
