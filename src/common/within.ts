import { TickerError } from './errors.ts';

interface Bound {
  /** Who owes the answer, and for what: "Kafka, to a fetch". */
  from: string;
  /** What it may take. */
  ms: number;
  signal?: AbortSignal | undefined;
}

/**
 * The outcome of `work`. Throws SILENT when there is none in time, and the signal's reason when it is aborted before.
 * The work itself cannot be ended: whoever gives it up lets go of what it works with.
 */
export async function within<T>(work: Promise<T>, { from, ms, signal }: Bound): Promise<T> {
  const { promise: interrupted, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(silence(from, ms)), ms);
  const onAbort = () => reject(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  work.catch(() => {}); // whoever loses the race has no other listener
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** True for a `silence`. */
export function isSilence(error: unknown): boolean {
  return error instanceof TickerError && error.code === 'SILENT';
}

/** What is thrown when the time is up. `from` and `ms` as in a Bound. */
export function silence(from: string, ms: number): TickerError {
  return new TickerError(`no answer within ${ms / 1000} s from ${from}`, {
    code: 'SILENT',
    remedy: 'check the brokers, the network to them, and quotas that they set',
    retriable: true,
  });
}
