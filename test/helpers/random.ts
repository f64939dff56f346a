import type { TestContext } from 'node:test';

/** A number from 0 to below 1. */
export type Random = () => number;

/** Told by the test, so that a failure can be had again: PORT_TICKER_TEST_SEED. */
export function seededRandom(t: TestContext): Random {
  const seed = Number(process.env['PORT_TICKER_TEST_SEED'] ?? Date.now() % 2 ** 32);
  t.diagnostic(`seed ${seed}`);
  return randomOf(seed);
}

/** The same numbers for the same seed. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    // a linear congruential step, and its bits mixed (murmur3's finaliser)
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** So many different numbers from 0 to below `limit`, but for those that `isTaken`. */
export function drawDistinct(
  random: Random,
  count: number,
  limit: number,
  isTaken: (number: number) => boolean,
): number[] {
  const drawn = new Set<number>();
  while (drawn.size < count) {
    const number = Math.floor(random() * limit);
    if (!isTaken(number)) drawn.add(number);
  }
  return [...drawn];
}
