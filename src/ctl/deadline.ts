import { TickerError } from '../common/errors.ts';
import type { CtlSettings } from './settings.ts';

/** The time that --timeout gives a whole run. */
export class Deadline {
  readonly #late = Promise.withResolvers<never>();
  readonly #timer: NodeJS.Timeout;

  constructor({ kafka, timeout }: Pick<CtlSettings, 'kafka' | 'timeout'>) {
    this.#late.promise.catch(() => undefined); // it may pass while nothing is awaited
    this.#timer = setTimeout(() => {
      this.#late.reject(
        new TickerError(`no answer from Kafka at ${kafka.brokers.join(', ')} in ${timeout} s`, {
          code: 'TIMEOUT',
          remedy: 'check that it runs, PORT_TICKER_KAFKA_BROKERS, or give --timeout more seconds',
        }),
      );
    }, timeout * 1000);
  }

  /** The answer; rejects with TIMEOUT when the time is up before. */
  async within<T>(answer: Promise<T>): Promise<T> {
    return Promise.race([answer, this.#late.promise]);
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
