/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/* A frame to run programs on: Ethernet, perhaps a VLAN tag, IPv4 or IPv6, a TCP SYN. */
#ifndef PORT_TICKER_FRAME_H
#define PORT_TICKER_FRAME_H

#include <arpa/inet.h>
#include <string.h>

enum form { FORM_IPV4, FORM_IPV6, FORM_VLAN };

struct frame {
	unsigned char bytes[128];
	unsigned int size;
	unsigned int source_offset; /* of the last 4 bytes of the source address */
	unsigned int port_offset;   /* of the destination port */
};

/* A TCP packet with these flags; 2 is a SYN. */
static inline struct frame make_frame(enum form form, const char *source, const char *destination,
				      unsigned short from, unsigned char flags)
{
	struct frame frame = { .size = 0 };
	unsigned char *at = frame.bytes + 12;

	if (form == FORM_VLAN) {
		memcpy(at, "\x81\x00\x00\x07", 4);
		at += 4;
	}
	if (form == FORM_IPV6) {
		memcpy(at, "\x86\xdd\x60\x00\x00\x00\x00\x14\x06\x40", 10);
		inet_pton(AF_INET6, source, at + 10);
		inet_pton(AF_INET6, destination, at + 26);
		frame.source_offset = at + 22 - frame.bytes;
		at += 42;
	} else {
		memcpy(at, "\x08\x00\x45\x00\x00\x28\x00\x00\x00\x00\x40\x06\x00\x00", 14);
		inet_pton(AF_INET, source, at + 14);
		inet_pton(AF_INET, destination, at + 18);
		frame.source_offset = at + 14 - frame.bytes;
		at += 22;
	}
	memcpy(at, "\x30\x39\x00\x50\x00\x00\x00\x00\x00\x00\x00\x00\x50\x02\x04\x00", 16);
	at[0] = from >> 8;
	at[1] = from;
	at[13] = flags;
	frame.port_offset = at + 2 - frame.bytes;
	frame.size = at + 20 - frame.bytes;
	return frame;
}

#endif
