/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/* When a source makes an event. */
#ifndef PORT_TICKER_SPEAK_H
#define PORT_TICKER_SPEAK_H

#include "emit.h"
#include "episode.h"
#include "probe.h"

#define SWEEP_BITS 14 /* of TARGET_BITS: about 21 targets, -24 * ln(1 - 14 / 24) */

static __always_inline struct cursor frame_of(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;

	return (struct cursor){ .start = data, .at = data, .end = (void *)(long)ctx->data_end };
}

/* Where a destination address falls in the sketch of targets. */
static __always_inline __u32 target_bit(const struct probe *probe)
{
	__u64 hash = hash_port(constants.secret, probe->destination_high ^ probe->destination_low, 0);

	return ((hash >> 32) * TARGET_BITS) >> 32;
}

static __always_inline int is_sweep(const struct source *source)
{
	__u32 bits = source->targets[0] | source->targets[1] << 8 | source->targets[2] << 16;

	bits = bits - (bits >> 1 & 0x555555);
	bits = (bits & 0x333333) + (bits >> 2 & 0x333333);
	bits = (bits + (bits >> 4)) & 0x0f0f0f;
	return ((bits * 0x010101) >> 16 & 0xff) >= SWEEP_BITS && !(source->flags & FLAG_TOLD_SWEEP);
}

/* A first crossing, or a count that has doubled since it was reported above the threshold. */
static __always_inline int is_crossing(__u32 changes, __u32 reported, __u32 threshold)
{
	return changes > threshold && (reported <= threshold || changes >= 2 * (__u64)reported);
}

/* `changes`: the new count, 0 when the port has not changed. */
static __always_inline void speak(struct xdp_md *ctx, const struct packet *packet, struct source *source,
				  const struct probe *probe, const struct settings *settings, __u32 changes)
{
	enum reason reason;
	struct circumstances seen = {
		.destination_high = probe->destination_high,
		.destination_low = probe->destination_low,
		.ifindex = ctx->ingress_ifindex,
		.ports = packet->ports,
		.vlan = packet->vlan,
		.protocol = packet->protocol,
		.tcp_flags = probe->flags,
	};

	if (untold_verdict(source))
		reason = REASON_CLOSED_PORTS;
	else if (is_crossing(changes, source->reported, settings->threshold))
		reason = REASON_THRESHOLD;
	else if (is_sweep(source))
		reason = REASON_SWEEP;
	else
		return;
	emit(source, &seen, reason, changes ? changes : source->changes, settings->threshold);
}

#endif
