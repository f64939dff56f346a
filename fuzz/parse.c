/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * The parser of the kernel program under libFuzzer and sanitizers: what the verifier proves there is tried out here, frames
 * of 0 to 13 bytes too. Aborts when something is said of a packet that its frame cannot bear out.
 */
#include <stdlib.h>

#include "../xdp/probe.h"

static void require(int ok)
{
	if (!ok)
		abort();
}

static void look_closer(const struct cursor *frame, const struct packet *packet)
{
	struct probe probe;

	require(packet->network + 20 <= packet->transport);
	require(frame->start + packet->transport + 8 <= frame->end);
	examine(frame, packet, &probe);
	require(probe.ports == packet->ports && probe.protocol == packet->protocol);
	require(probe.header_size <= 60);
	require(kind_of(&probe) != 0);
	require(tool_of(frame, packet, &probe) <= TOOL_HPING);
	ttl_of(frame, packet);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct cursor frame = { .start = (void *)data, .at = (void *)data, .end = (void *)(data + size) };
	struct cursor cursor = frame;
	struct packet packet;
	int skipped = parse(&cursor, &packet);

	require(size >= 14 || skipped == STAT_SKIPPED_TRUNCATED);
	require(skipped == 0 || skipped == STAT_ICMP_DROPPED ||
		(skipped >= STAT_SKIPPED_TRUNCATED && skipped <= STAT_SKIPPED_SCTP));
	if (!skipped)
		look_closer(&frame, &packet);
	else if (skipped == STAT_ICMP_DROPPED || skipped == STAT_SKIPPED_PROTOCOL)
		require(packet.ports == 0 && packet.transport <= size && cursor.at <= cursor.end);
	return 0;
}
