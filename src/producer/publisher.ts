import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka, Message, Producer, TopicMessages } from 'kafkajs';
import { describe, type TickerError } from '../common/errors.ts';
import { isRefusal } from '../common/kafka/causes.ts';
import { kafkaProblem } from '../common/kafka/problem.ts';
import type { SendTally } from '../common/kafka/send-tally.ts';
import type { Logger } from '../common/logger.ts';
import { persist } from '../common/persist.ts';
import { Progress } from '../common/progress.ts';
import { within } from '../common/within.ts';
import { halves } from './halves.ts';
import { partitionByKey } from './partitioner.ts';

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
  readonly #sends: SendTally | undefined;
  readonly #throttledUntil: () => number;
  readonly #progress = new Progress();
  readonly #refused = new Map<string, number>();
  #producer: Producer | null = null;
  #clients = 0;
  #isWorking = true;
  #isThrottled = false;

  constructor(options: {
    connect: () => Kafka;
    brokers: readonly string[];
    logger: Logger;
    sends?: SendTally;
    /** Until when the brokers want no more from this client, ms since 1970. */
    throttledUntil?: () => number;
  }) {
    this.#connect = options.connect;
    this.#brokers = options.brokers;
    this.#logger = options.logger;
    this.#sends = options.sends;
    this.#throttledUntil = options.throttledUntil ?? (() => 0);
  }

  /** False from a failure until the next acknowledgement. */
  get isWorking(): boolean {
    return this.#isWorking;
  }

  /** True from a send that was not answered at all until the next acknowledgement. */
  get isStalled(): boolean {
    return this.#progress.isStalled;
  }

  /** Clients made so far: the first, and one after each failure. */
  get clients(): number {
    return this.#clients;
  }

  /** Records that Kafka would not have, so far, by topic. */
  get refused(): ReadonlyMap<string, number> {
    return this.#refused;
  }

  /**
   * Resolves when all in-sync replicas have the batch, but for the records that Kafka refuses for what they are: these are
   * counted, told, and returned. Rejects when the signal is aborted, or on what will not pass.
   */
  async publish(batch: readonly TopicMessages[], signal: AbortSignal): Promise<readonly Message[]> {
    const parts = batch.filter(({ messages }) => messages.length > 0);
    const refused = await persist(() => this.#sendAcceptable(parts, signal), {
      what: parts.map(({ topic, messages }) => `sending ${messages.length} records to ${topic}`).join(', '),
      logger: this.#logger,
      signal,
    });
    for (const each of refused) this.#setAside(each);
    return refused.map(({ message }) => message);
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    await producer?.disconnect();
  }

  /**
   * What the brokers refuse is halved, until only the records are left that they refuse alone. When that is everything,
   * it is not the records' fault but the topic's: then all are kept, and it throws.
   */
  async #sendAcceptable(batch: readonly TopicMessages[], signal: AbortSignal): Promise<Refused[]> {
    const refused = await this.#sendOrHalve(batch, signal);
    const [first] = refused;
    const count = batch.reduce((sum, { messages }) => sum + messages.length, 0);
    if (first === undefined || refused.length < count || count === 1) {
      this.#isWorking = true;
      return refused;
    }
    this.#isWorking = false;
    throw first.problem;
  }

  async #sendOrHalve(batch: readonly TopicMessages[], signal: AbortSignal): Promise<Refused[]> {
    const problem = await this.#send(batch, signal);
    if (problem === undefined) return [];
    const [first, second] = halves(batch);
    if (second !== undefined) {
      return [...(await this.#sendOrHalve(first, signal)), ...(await this.#sendOrHalve(second, signal))];
    }
    return first.flatMap(({ topic, messages }) => messages.map((message) => ({ topic, message, problem })));
  }

  /** Returns why the brokers refuse something in it; throws whatever else has failed. */
  async #send(batch: readonly TopicMessages[], signal: AbortSignal): Promise<TickerError | undefined> {
    await this.#untilAllowed(signal);
    const since = performance.now();
    try {
      await within(this.#attempt([...batch]), { from: 'Kafka to a send', ms: sendDeadline, signal });
      this.#progress.made();
      this.#sends?.acknowledged(batch, since);
      return undefined;
    } catch (error) {
      this.#sends?.failed(batch);
      const problem = kafkaProblem(error, this.#brokers, {
        topic: batch.map(({ topic }) => topic).join(', '),
      });
      if (isRefusal(problem)) return problem;
      this.#isWorking = false;
      this.#progress.failed(error);
      this.#abandon();
      throw problem;
    }
  }

  /** Waits for the end of throttling: what waits in kafkajs' queue instead is taken for lost. */
  async #untilAllowed(signal: AbortSignal): Promise<void> {
    const ms = this.#throttledUntil() - Date.now();
    if (ms > 0 && !this.#isThrottled) {
      this.#logger.warn(
        `Kafka at ${this.#brokers.join(', ')} throttles this client, now for ${Math.ceil(ms / 1000)} s: ` +
          'what is sent waits meanwhile – raise the quota of its user or client id (producer_byte_rate, request_percentage)',
      );
    }
    this.#isThrottled = ms > 0;
    if (ms > 0) await sleep(ms, undefined, { signal });
  }

  async #attempt(batch: TopicMessages[]): Promise<void> {
    const producer = this.#producer ?? this.#create();
    await producer.connect();
    if (producer !== this.#producer) throw new Error('the client was let go while it connected');
    await producer.sendBatch({ acks: -1, topicMessages: batch });
  }

  /** Not idempotent: its sequence numbers are state that a failure can spoil, and readers know events by their id. */
  #create(): Producer {
    const producer = this.#connect().producer({
      allowAutoTopicCreation: false,
      maxInFlightRequests: 1,
      createPartitioner: partitionByKey,
    });
    this.#producer = producer;
    this.#clients += 1;
    return producer;
  }

  /** Lets go of a client that may hang: nobody waits for its goodbye. */
  #abandon(): void {
    const producer = this.#producer;
    this.#producer = null;
    producer?.disconnect().catch((error: unknown) => this.#logger.debug({ err: error }, 'disconnecting'));
  }

  #setAside({ topic, message, problem }: Refused): void {
    this.#refused.set(topic, (this.#refused.get(topic) ?? 0) + 1);
    const size = message.value?.length ?? 0;
    this.#logger.warn(
      `lost a record of ${size} bytes about ${message.key} for ${topic}: ${describe(problem)}`,
    );
  }
}

interface Refused {
  topic: string;
  message: Message;
  problem: TickerError;
}
