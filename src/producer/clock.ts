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

/** All bits of a tick that was at most half a wrap before or after `now`, from its lower 32. */
export function fullTick(low: number, now: number): number {
  const difference = (now - low) % wrap;
  return now - (difference > wrap / 2 ? difference - wrap : difference);
}

/** The wall clock at a tick, as seen from a moment at which both were read; whole ms. */
export function timeAt(tick: number, from: Moment, ticksPerSecond: number): number {
  return Math.round(from.time + ((tick - from.tick) * 1000) / ticksPerSecond);
}
