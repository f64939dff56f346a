import { setTimeout as sleep } from 'node:timers/promises';

/** For anything that is waited for; ms. */
const patience = 120_000;

/**
 * Waits until a condition holds, and asks so seldom that asking costs little: each `pace` ms. Who does not answer is asked
 * again.
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  pace = 100,
): Promise<void> {
  const deadline = performance.now() + patience;
  let cause: unknown;
  for (;;) {
    try {
      if (await condition()) return;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline)
      throw new Error(`waited ${patience / 1000} s in vain until ${what}`, { cause });
    await sleep(pace);
  }
}
