import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff } from './backoff.ts';
import { describe, TickerError } from './errors.ts';
import type { Logger } from './logger.ts';

/**
 * Repeats an action until it succeeds, however long that takes, with growing pauses and one warning for each
 * failure. Gives up only on a TickerError that is not retriable, or when the signal is aborted (throws its reason).
 */
export async function persist<T>(
  action: () => Promise<T>,
  { what, logger, signal }: { what: string; logger: Logger; signal: AbortSignal },
): Promise<T> {
  const backoff = new Backoff();
  for (;;) {
    signal.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      if (signal.aborted || (error instanceof TickerError && !error.retriable)) throw error;
      const delay = backoff.next();
      logger.warn(`${what}: ${describe(error)}; trying again in ${delay / 1000} s`);
      await sleep(delay, undefined, { signal });
    }
  }
}
