import { setTimeout as sleep } from 'node:timers/promises';
import { describe, TickerError } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';

/** How long a start waits for Kafka before it begins without; ms. */
const patience = 3_000;

/**
 * The outcome of what Kafka answers within seconds when all is well; undefined when it takes longer, or fails in a way
 * that may pass. Throws what will not pass.
 */
export async function soon<T>(work: Promise<T>, what: string, logger: Logger): Promise<T | undefined> {
  const stop = new AbortController();
  try {
    return await Promise.race([work, sleep(patience, undefined, { signal: stop.signal })]);
  } catch (error) {
    if (!(error instanceof TickerError) || !error.retriable) throw error;
    logger.warn(`${what}: ${describe(error)}`);
    return undefined;
  } finally {
    stop.abort();
  }
}
