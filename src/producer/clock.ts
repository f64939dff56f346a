/**
 * Turns the kernel's ticks into wall clock time. The kernel keeps 32 bits of a tick in the table: they wrap
 * after months, so that they stand for the last time before now with these bits.
 */

/** A tick, and the wall clock at that moment in ms since 1970. */
export interface Moment {
  tick: number;
  time: number;
}

const wrap = 2 ** 32;
/** Another CPU may have written a tick later than `now`: an hour or more is far above any such lead. */
const lead = 2 ** 20;

/** All bits of the last tick before `now`, or a little after it, whose lower 32 are these. */
export function fullTick(low: number, now: number): number {
  const difference = (now - low) % wrap;
  return now - (difference > wrap - lead ? difference - wrap : difference);
}

/** The wall clock at a tick, as seen from a moment at which both were read; whole ms. */
export function timeAt(tick: number, from: Moment, ticksPerSecond: number): number {
  return Math.round(from.time + ((tick - from.tick) * 1000) / ticksPerSecond);
}
