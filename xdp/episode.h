/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/* What happens to a source that is in the table: its count, its score, the end of its episode. */
#ifndef PORT_TICKER_EPISODE_H
#define PORT_TICKER_EPISODE_H

#include "judge.h"
#include "table.h"

enum episode {
	EPISODE_GOES_ON,
	EPISODE_OVERDUE, /* it should end, but its last word does not fit into the ring: a later change tries again */
	EPISODE_BEGINS, /* with this packet */
};

/*
 * Begins a new episode when the source has been quiet for long enough. The difference of ticks is signed:
 * another CPU may have written a later tick after this one read the clock.
 */
static __always_inline enum episode reset_idle(struct xdp_md *ctx, struct source *source,
					       const struct settings *settings, __u16 port, __u16 kinds,
					       __u32 now)
{
	__u32 last = source->last;

	if (!settings->idle_ticks || (__s32)(now - last) <= (__s32)settings->idle_ticks)
		return EPISODE_GOES_ON;
	if (is_unpublished(source, settings->threshold) && !emit_final(ctx, source))
		return EPISODE_OVERDUE;
	if (__sync_val_compare_and_swap(&source->last, last, now) != last)
		return EPISODE_GOES_ON; /* another CPU has begun it */
	begin_episode(source, port, kinds, now);
	count(STAT_IDLE_RESETS);
	return EPISODE_BEGINS;
}

/*
 * Records port and kind and adds 1 when the port is another one, all in one compare-and-swap, so that two CPUs on one
 * source count exactly what some order of their packets would. Returns the new count, 0 when the port was the last one
 * already.
 */
static __always_inline __u32 record(struct source *source, __u16 port, __u16 kinds)
{
	enum { ATTEMPTS = 8 };
	__u64 *word = (__u64 *)&source->changes;

	for (int i = 0; i < ATTEMPTS; i++) {
		__u64 old = *(volatile __u64 *)word;
		int is_change = (__u16)(old >> 32) != port;
		__u32 changes = (__u32)old + (is_change && (__u32)old != ~0u);
		__u64 new = (old & 0xffff000000000000ULL) | (__u64)kinds << 48 | (__u64)port << 32 | changes;

		if (new == old || __sync_val_compare_and_swap(word, old, new) == old)
			return is_change ? changes : 0;
	}
	count(STAT_RACES);
	return 0;
}

/* Counts that are halved together keep their ratio. */
static __always_inline void count_judged(__u8 *judged, __u8 *other)
{
	if (*judged == 255) {
		*judged >>= 1;
		*other >>= 1;
	}
	(*judged)++;
}

/*
 * Threshold Random Walk (Jung, Paxson, Berger, Balakrishnan 2004) over the judgement on a new port, with success rates of
 * 0.8 for the benign and 0.2 for scanners: each step is worth a factor of 4.
 */
static __always_inline void score(struct source *source, int judgement)
{
	if (judgement == ATTEMPT_CLOSED) {
		if (source->score < SCORE_VERDICT)
			source->score++;
		count_judged(&source->closed, &source->open);
	} else if (judgement == ATTEMPT_OPEN) {
		/* a verdict that found no room in the ring is not taken back: it is told yet */
		if (source->score > -SCORE_VERDICT && !(untold_verdicts(source) & FLAG_TOLD_CLOSED))
			source->score--;
		count_judged(&source->open, &source->closed);
	}
}

#endif
