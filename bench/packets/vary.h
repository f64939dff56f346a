/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
#ifndef PORT_TICKER_VARY_H
#define PORT_TICKER_VARY_H

#include <linux/types.h>

/* How each packet differs from the one before. A mask of 0 leaves the field alone. */
struct variation {
	__u32 counter;
	__u32 source_offset; /* in the frame, of the 4 source bytes that vary; below 128 */
	__u32 port_offset;   /* in the frame, of the destination port; below 128 */
	__u32 source_mask;   /* 2^n - 1: so many sources, in random order */
	__u32 port_mask;     /* 2^n - 1: so many ports */
	__u32 port_step;     /* odd: 1 in turn, a large one scattered */
	__u16 first_port;
	__u16 reserved;
};

#endif
