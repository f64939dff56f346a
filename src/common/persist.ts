import { setTimeout as sleep } from 'node:timers/promises';
import { describe, TickerError } from './errors.ts';
import type { Logger } from './logger.ts';

const firstDelay = 500;
const longestDelay = 15_000;

/**
 * Repeats an action until it succeeds, however long that takes, with growing pauses and one warning for each
 * failure. Gives up only on a TickerError that is not retriable, or when the signal is aborted (throws its reason).
 */
export async function persist<T>(
  action: () => Promise<T>,
  { what, logger, signal }: { what: string; logger: Logger; signal: AbortSignal },
): Promise<T> {
  for (let delay = firstDelay; ; delay = Math.min(2 * delay, longestDelay)) {
    signal.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      if (signal.aborted || (error instanceof TickerError && !error.retriable)) throw error;
      logger.warn(`${what}: ${describe(error)}; trying again in ${delay / 1000} s`);
      await sleep(delay, undefined, { signal });
    }
  }
}
