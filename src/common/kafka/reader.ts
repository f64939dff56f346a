import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Kafka } from 'kafkajs';
import { Backoff } from '../backoff.ts';
import { describe, TickerError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { Progress } from '../progress.ts';
import { TopicCluster, type TopicRecord } from './cluster.ts';
import { kafkaProblem } from './problem.ts';

/** New partitions and leaders are looked for this often, ms. */
const metadataAge = 60_000;
const retryDelay = 250;

type OnRecords = (partition: number, records: readonly TopicRecord[]) => void | Promise<void>;

export interface ReaderOptions {
  kafka: Kafka;
  /** For messages. */
  brokers: readonly string[];
  topic: string;
  logger: Logger;
  /** Called with the records of one partition in their order; they are read on when it is done. */
  onRecords: OnRecords;
  /** Where to begin; without it at the beginning of the topic. */
  from?: 'begin' | 'end';
  /**
   * How long a broker may hold back its answer while there is nothing new, ms; a second if it is not said. So long may
   * `current` and `drained` take.
   */
  wait?: number;
  /** So much has to be new before a broker answers sooner, for who is in no hurry; a byte if it is not said. */
  leastBytes?: number;
  /** Called when the topic no longer has what was to be read next: it is read from its beginning again. */
  onStartOver?: () => void;
}

interface Waiter {
  partition: number;
  offset: bigint;
  resolve: () => void;
  reject: (error: TickerError) => void;
}

/** Follows a whole topic from its beginning, without a consumer group, for as long as it is open. */
export class TopicReader {
  readonly #options: ReaderOptions;
  readonly #abort = new AbortController();
  readonly #backoff = new Backoff();
  readonly #progress = new Progress();
  readonly #positions = new Map<number, bigint>();
  readonly #caughtUp = Promise.withResolvers<void>();
  #waiters: Waiter[] = [];
  #cluster: TopicCluster | undefined;
  #knowsEnds = false;
  #hasCaughtUp = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Resolves when every partition has been read to where it ended at the start. */
  get caughtUp(): Promise<void> {
    return this.#caughtUp.promise;
  }

  /** True while it is connected and knows at least all that was there at the start. */
  get isCurrent(): boolean {
    return this.#cluster !== undefined && this.#hasCaughtUp;
  }

  /** True from a question that was not answered at all until the next fetch that is. */
  get isStalled(): boolean {
    return this.#progress.isStalled;
  }

  /**
   * Resolves when everything has been handed over that a partition holds now; waits for Kafka when it is away.
   * Rejects on close.
   */
  async current(partition: number): Promise<void> {
    for (;;) {
      try {
        return await this.reached(partition, await this.#endOffset(partition));
      } catch (error) {
        if (this.#abort.signal.aborted) throw error;
        await sleep(retryDelay); // #run says what is wrong
      }
    }
  }

  /** Resolves when everything has been handed over that the topic holds now. Rejects when it cannot be read at the moment. */
  async drained(): Promise<void> {
    const ends = await this.#cluster?.offsets('end');
    if (ends === undefined) throw notReading(this.#options.topic);
    await Promise.all(Array.from(ends, ([partition, offset]) => this.reached(partition, offset)));
  }

  /** Resolves when all records before `offset` have been handed over; rejects when the topic was cut off or on close. */
  async reached(partition: number, offset: bigint): Promise<void> {
    if ((this.#positions.get(partition) ?? -1n) >= offset) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiters.push({ partition, offset, resolve, reject });
    await promise;
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#rejectWaiters();
    await this.#running;
  }

  async #endOffset(partition: number): Promise<bigint> {
    const end = (await this.#cluster?.offsets('end'))?.get(partition);
    if (end === undefined) throw notReading(this.#options.topic);
    return end;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    const { brokers, topic, logger } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#session();
      } catch (error) {
        if (signal.aborted) return;
        this.#progress.failed(error);
        if (isGone(error)) this.#startOver();
        const delay = this.#backoff.next();
        const problem = describe(kafkaProblem(error, brokers, { topic }));
        logger.warn(`reading ${topic}: ${problem}; trying again in ${delay / 1000} s`);
        await sleep(delay, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #session(): Promise<void> {
    const cluster = await TopicCluster.open(this.#options.kafka, this.#options.topic);
    try {
      while (!this.#abort.signal.aborted) {
        await this.#takePositions(cluster);
        this.#cluster = cluster;
        await this.#followAll(cluster);
        await cluster.refresh();
      }
    } finally {
      this.#cluster = undefined;
      const closed = cluster.close();
      if (!this.#abort.signal.aborted) await closed; // else a fetch may be under way, whose answer nobody waits for
    }
  }

  async #takePositions(cluster: TopicCluster): Promise<void> {
    if (cluster.partitions.some((partition) => !this.#positions.has(partition))) {
      for (const [partition, offset] of await cluster.offsets(this.#options.from ?? 'begin')) {
        if (!this.#positions.has(partition)) this.#moveTo(partition, offset);
      }
    }
    if (!this.#knowsEnds) {
      this.#awaitEnds(await cluster.offsets('end'));
      this.#knowsEnds = true;
    }
  }

  #awaitEnds(ends: ReadonlyMap<number, bigint>): void {
    Promise.all(Array.from(ends, ([partition, offset]) => this.reached(partition, offset))).then(
      () => {
        this.#hasCaughtUp = true;
        this.#caughtUp.resolve();
      },
      () => undefined, // cut off or closed: the next session waits for the new ends
    );
  }

  /** Ends after a while, or as soon as one leader fails; the others are awaited, so that no record comes twice. */
  async #followAll(cluster: TopicCluster): Promise<void> {
    const round = new AbortController();
    const timer = setTimeout(() => round.abort(), metadataAge);
    const signal = AbortSignal.any([round.signal, this.#abort.signal]);
    const followers = cluster
      .partitionsByLeader()
      .map((partitions) => this.#follow(cluster, partitions, signal).finally(() => round.abort()));
    const ended = await Promise.allSettled(followers);
    clearTimeout(timer);
    const failed = ended.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async #follow(cluster: TopicCluster, partitions: readonly number[], signal: AbortSignal): Promise<void> {
    const { wait, leastBytes } = this.#options;
    const waiting = { wait, leastBytes, signal: this.#abort.signal };
    while (!signal.aborted) {
      const positions = new Map(
        partitions.map((partition) => [partition, this.#positions.get(partition) ?? 0n]),
      );
      const answers = await cluster.fetch(positions, waiting);
      this.#backoff.reset();
      this.#progress.made();
      for (const { partition, records, next } of answers) {
        if (this.#abort.signal.aborted) return;
        if (records.length > 0) await this.#options.onRecords(partition, records);
        this.#moveTo(partition, next);
      }
    }
  }

  #moveTo(partition: number, position: bigint): void {
    this.#positions.set(partition, position);
    const isDone = (waiter: Waiter) => waiter.partition === partition && waiter.offset <= position;
    for (const waiter of this.#waiters.filter(isDone)) waiter.resolve();
    this.#waiters = this.#waiters.filter((waiter) => !isDone(waiter));
  }

  #startOver(): void {
    this.#positions.clear();
    this.#knowsEnds = false;
    this.#hasCaughtUp = false;
    this.#options.onStartOver?.();
    this.#rejectWaiters();
  }

  #rejectWaiters(): void {
    for (const { reject } of this.#waiters) reject(notReading(this.#options.topic));
    this.#waiters = [];
  }
}

/** Reads a topic from its beginning, or from `since` (ms since 1970) on, to where it ends now. */
export async function readToEnd(
  kafka: Kafka,
  topic: string,
  onRecords: OnRecords,
  since?: number,
): Promise<void> {
  const cluster = await TopicCluster.open(kafka, topic);
  try {
    const positions =
      since === undefined ? await cluster.offsets('begin') : await cluster.offsetsSince(since);
    const ends = await cluster.offsets('end');
    const isOpen = (partition: number) => (positions.get(partition) ?? 0n) < (ends.get(partition) ?? 0n);
    for (const leaderPartitions of cluster.partitionsByLeader()) {
      for (let open = leaderPartitions.filter(isOpen); open.length > 0; open = open.filter(isOpen)) {
        const answers = await cluster.fetch(
          new Map(open.map((partition) => [partition, positions.get(partition) ?? 0n])),
        );
        for (const { partition, records, next } of answers) {
          await onRecords(partition, records);
          positions.set(partition, next);
        }
      }
    }
  } finally {
    await cluster.close();
  }
}

/** The topic is not the one that was read: it was cut off, or deleted and perhaps created again, as long as it was or longer. */
function isGone(error: unknown): boolean {
  if (error instanceof kafkajs.KafkaJSOffsetOutOfRange) return true;
  if (error instanceof TickerError) return error.code === 'TOPIC_MISSING';
  return error instanceof kafkajs.KafkaJSProtocolError && error.type === 'UNKNOWN_TOPIC_OR_PARTITION';
}

function notReading(topic: string): TickerError {
  return new TickerError(`${topic} is not being read now`, {
    code: 'NOT_READING',
    remedy: 'it is read again as soon as Kafka can be reached',
    retriable: true,
  });
}
