/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/* When a source makes an event. */
#ifndef PORT_TICKER_SPEAK_H
#define PORT_TICKER_SPEAK_H

#include "emit.h"
#include "episode.h"
#include "probe.h"

/* The reason to speak now, 0 without one. `changes`: the new count, 0 when the port has not changed. */
static __always_inline __u32 reason_to_speak(const struct source *source, __u32 changes, __u32 threshold)
{
	__u32 untold = untold_verdicts(source);

	if (untold & FLAG_TOLD_CLOSED)
		return REASON_CLOSED_PORTS;
	if (is_crossing(changes, source->reported, threshold))
		return REASON_THRESHOLD;
	return untold ? REASON_SWEEP : 0;
}

static __always_inline void speak(struct xdp_md *ctx, const struct packet *packet, struct source *source,
				  const struct settings *settings, __u32 changes)
{
	__u32 reason = reason_to_speak(source, changes, settings->threshold);

	if (reason)
		emit(ctx, source, packet, reason, changes ? changes : source->changes);
}

#endif
