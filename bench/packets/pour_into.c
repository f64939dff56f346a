/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * Pours spoofed sources over a kernel program that somebody else has loaded and pinned: SYNs to a host behind it, all
 * packets of a source at once, each to a port of its own. Usage: pour_into PIN SOURCES PACKETS_EACH
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>

#include "frame.h"
#include "pour.h"
#include "pour.skel.h"

static void require(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

int main(int count, char **texts)
{
	const long chunk = 1 << 20;
	struct frame frame = make_frame(FORM_IPV4, "192.0.2.1", "10.0.0.1", 40000, 2);
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame.bytes, .data_size_in = frame.size);
	struct pour *pour = pour__open();
	unsigned int zero = 0;
	long left;
	int pinned;

	require(count == 4 && pour != 0, "usage: pour_into PIN SOURCES PACKETS_EACH");
	pinned = bpf_obj_get(texts[1]);
	require(pinned >= 0, texts[1]);
	/* a program that tail-calls must be of the same kind as its target */
	bpf_program__set_flags(pour->progs.pour, BPF_F_XDP_HAS_FRAGS);
	require(!pour__load(pour), "load pour");
	require(!bpf_map_update_elem(bpf_map__fd(pour->maps.target), &zero, &pinned, 0), "tail call target");
	pour->bss->flood = (struct flood){ .source_offset = frame.source_offset,
					   .port_offset = frame.port_offset,
					   .packets_each = atol(texts[3]),
					   .window = 1,
					   .first_spoof = 1 };
	for (left = atol(texts[2]) * atol(texts[3]); left > 0; left -= run.repeat) {
		run.repeat = left < chunk ? left : chunk;
		require(!bpf_prog_test_run_opts(bpf_program__fd(pour->progs.pour), &run), "test run");
		require(run.retval == XDP_PASS, "verdict");
	}
	return 0;
}
