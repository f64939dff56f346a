/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
#ifndef PORT_TICKER_POUR_H
#define PORT_TICKER_POUR_H

#include <linux/types.h>

#define FIRST_SCANNER 0xc6120000u /* 198.18.0.0 */
#define SPOOF_MASK 0x7fffffffu    /* spoofed sources lie below 128.0.0.0: no scanner is spoofed */
#define FIRST_PORT 1024
#define PORTS 0x4000

/* What comes next, and who sends it. The counters run on from one BPF_PROG_TEST_RUN to the next. */
struct flood {
	__u32 source_offset; /* in the frame, of the source address; below 128 */
	__u32 port_offset;   /* in the frame, of the destination port; below 128 */
	__u32 packets_each;  /* of a spoofed source, each to a port of its own */
	__u32 window;        /* spoofed sources that take turns; 1: all packets of a source at once */
	__u32 first_spoof;   /* where in the address space they begin */
	__u32 scanners;      /* that probe within the flood; 0: none */
	__u32 first_scanner;
	__u32 first_port; /* of the scanners' next probes, above FIRST_PORT */
	__u32 one_in;     /* of so many packets one is a scanner's; 0: all are */
	__u32 turn;
	__u32 probes_sent;
	__u32 spoofs_sent;
};

#endif
