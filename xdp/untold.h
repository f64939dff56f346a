/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/* What of a source nobody has told yet: the kernel program asks before an episode ends, the addon in its sweep. */
#ifndef PORT_TICKER_UNTOLD_H
#define PORT_TICKER_UNTOLD_H

#include "event.h"

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

/* The verdicts that have been reached and not been told, as flags. */
static __always_inline __u32 untold_verdicts(const struct source *source)
{
	__u32 flags = source->flags;
	__u32 reached = (source->score >= SCORE_VERDICT ? FLAG_TOLD_CLOSED : 0) |
			(flags & FLAG_SWEPT ? FLAG_TOLD_SWEEP : 0);

	return reached & ~flags;
}

/* Has something that nobody has told: a verdict, or a newer count of a source that is reported. */
static __always_inline int is_unpublished(const struct source *source, __u32 threshold)
{
	int is_reported = source->changes > threshold || source->flags & (FLAG_TOLD_CLOSED | FLAG_TOLD_SWEEP);

	return untold_verdicts(source) || (is_reported && source->changes != source->reported);
}

#endif
