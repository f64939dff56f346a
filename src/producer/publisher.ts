import type { Kafka, Producer, TopicMessages } from 'kafkajs';
import { TickerError } from '../common/errors.ts';
import { kafkaProblem } from '../common/kafka/problem.ts';
import type { Logger } from '../common/logger.ts';
import { persist } from '../common/persist.ts';

/** A send that has not been answered by then is given up, and the client with it; ms. */
const sendDeadline = 30_000;

/**
 * Sends batches, one at a time, and keeps at it until the brokers have acknowledged. After a failure
 * it begins with a fresh client: no state of the old one, whatever it is, can hold it up.
 */
export class Publisher {
  readonly #connect: () => Kafka;
  readonly #brokers: readonly string[];
  readonly #logger: Logger;
  #producer: Producer | null = null;
  #isWorking = true;

  constructor(options: { connect: () => Kafka; brokers: readonly string[]; logger: Logger }) {
    this.#connect = options.connect;
    this.#brokers = options.brokers;
    this.#logger = options.logger;
  }

  /** False from a failure until the next acknowledgement. */
  get isWorking(): boolean {
    return this.#isWorking;
  }

  /** Resolves when all in-sync replicas have the batch; rejects when the signal is aborted, or on what will not pass. */
  async publish(batch: readonly TopicMessages[], signal: AbortSignal): Promise<void> {
    const parts = batch.filter(({ messages }) => messages.length > 0);
    await persist(() => this.#send(parts, signal), {
      what: parts.map(({ topic, messages }) => `sending ${messages.length} records to ${topic}`).join(', '),
      logger: this.#logger,
      signal,
    });
    this.#isWorking = true;
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    await producer?.disconnect();
  }

  async #send(batch: TopicMessages[], signal: AbortSignal): Promise<void> {
    try {
      await within(this.#attempt(batch), signal);
    } catch (error) {
      this.#isWorking = false;
      this.#abandon();
      throw kafkaProblem(error, this.#brokers, { topic: batch.map(({ topic }) => topic).join(', ') });
    }
  }

  async #attempt(batch: TopicMessages[]): Promise<void> {
    // Not idempotent: its sequence numbers are state that a failure can spoil, and readers know events by their id.
    this.#producer ??= this.#connect().producer({ allowAutoTopicCreation: false, maxInFlightRequests: 1 });
    const producer = this.#producer;
    await producer.connect();
    if (producer !== this.#producer) throw new Error('the client was let go while it connected');
    await producer.sendBatch({ acks: -1, topicMessages: batch });
  }

  /** Lets go of a client that may hang: nobody waits for its goodbye. */
  #abandon(): void {
    const producer = this.#producer;
    this.#producer = null;
    producer?.disconnect().catch((error: unknown) => this.#logger.debug({ err: error }, 'disconnecting'));
  }
}

/** The outcome of `work`, or a rejection at the deadline or when the signal is aborted, whichever is first. */
async function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: interrupted, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(tooLate()), sendDeadline);
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  work.catch(() => {}); // whoever loses the race has no other listener
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

function tooLate(): TickerError {
  return new TickerError(`Kafka did not answer within ${sendDeadline / 1000} s`, {
    code: 'KAFKA_UNREACHABLE',
    remedy: 'check the brokers and the network to them',
    retriable: true,
  });
}
