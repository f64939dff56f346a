import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, Consumer, ConsumerRunConfig, EachBatchPayload, Kafka } from 'kafkajs';
import { Backoff } from '../common/backoff.ts';
import { describe, TickerError } from '../common/errors.ts';
import { sayGoodbye } from '../common/kafka/goodbye.ts';
import { kafkaProblem } from '../common/kafka/problem.ts';
import { tellLostPositions } from '../common/kafka/traps/lost-position.ts';
import type { Logger } from '../common/logger.ts';
import { Progress } from '../common/progress.ts';
import { isSilence, within } from '../common/within.ts';
import { Vigil } from './vigil.ts';

/**
 * With these the partitions of an instance that was killed have a new owner within 10 s: brokers allow no shorter
 * session by default, and kafkajs sends heartbeats only between fetches.
 */
const timing = {
  sessionTimeout: 6_000,
  rebalanceTimeout: 10_000,
  heartbeatInterval: 1_000,
  maxWaitTimeInMs: 500,
};
/** A rebalance is over by then, or kafkajs has given up joining without saying so; ms. */
const joinDeadline = 2 * timing.rebalanceTimeout;
/** Batches that are handled at the same time, each of another partition. */
const partitionsConsumedConcurrently = 32;
/** A consumer of which nothing is heard for so long hangs, and so does a batch that is not done by then; ms. */
const lifeSignDeadline = 60_000;
const batchDeadline = 120_000;
/** What a goodbye may take: a batch under way is to be finished; ms. */
const closeDeadline = 10_000;

export interface GroupOptions {
  kafka: Kafka;
  /** For messages. */
  brokers: readonly string[];
  groupId: string;
  topic: string;
  /** True: offsets that `onBatch` resolves are committed; false: whoever handles batches does that. */
  autoCommit: boolean;
  logger: Logger;
  /** These partitions are this instance's from now on, and none else. */
  onAssigned: (partitions: readonly number[]) => void;
  /** No partition is this instance's any more. */
  onRevoked: () => void;
  onBatch: (payload: EachBatchPayload) => Promise<void>;
}

/** How an instance fares in its group. */
export type Membership = Pick<GroupMember, 'hasJoined' | 'isStalled' | 'failures' | 'lags'>;

/** Shares a topic with the other instances of its group, for as long as it is open. */
export class GroupMember {
  readonly #options: GroupOptions;
  readonly #abort = new AbortController();
  readonly #backoff = new Backoff();
  readonly #progress = new Progress();
  readonly #lags = new Map<number, number>();
  #failures = 0;
  #hasJoined = false;
  #joinTimer: NodeJS.Timeout | undefined;
  #ended = Promise.withResolvers<void>();
  #running: Promise<void> = Promise.resolve();

  constructor(options: GroupOptions) {
    this.#options = options;
  }

  start(): void {
    tellLostPositions(this.#options.logger);
    this.#running = this.#run();
  }

  get hasJoined(): boolean {
    return this.#hasJoined;
  }

  /** True from a time in which nothing was heard of the consumer, or a batch did not end, until its successor has joined. */
  get isStalled(): boolean {
    return this.#progress.isStalled;
  }

  /** Times that it had to begin with a fresh consumer. */
  get failures(): number {
    return this.#failures;
  }

  /** Records that are not done yet, by partition, of those that are this instance's; as of its last fetch. */
  get lags(): ReadonlyMap<number, number> {
    return this.#lags;
  }

  /** Leaves the group because of an error, and joins it again after a pause. */
  rejoin(error: unknown): void {
    this.#ended.reject(error);
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    const { brokers, topic, groupId, logger } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#session(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#progress.failed(error);
        this.#failures += 1;
        const delay = this.#backoff.next();
        const problem = describe(kafkaProblem(error, brokers, { topic, group: groupId }));
        logger.warn(`consuming ${topic}: ${problem}; trying again in ${delay / 1000} s`);
        await sleep(delay, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Consumes until it is stopped. A consumer that kafkajs has given up is replaced, whatever the reason. */
  async #session(signal: AbortSignal): Promise<void> {
    const { kafka, groupId, topic, autoCommit, onBatch } = this.#options;
    const consumer = kafka.consumer({
      groupId,
      ...timing,
      allowAutoTopicCreation: false,
      retry: { restartOnFailure: async () => false },
    });
    const ended = Promise.withResolvers<void>();
    this.#ended = ended;
    const stop = () => ended.resolve();
    /** A consumer that has been let go may still join, fetch or wait: that must not touch its successor, or keep its share. */
    let isOver = false;
    const eachBatch = async (payload: EachBatchPayload) => {
      if (isOver) throw notTakenBack();
      if (!this.#hasJoined) return this.rejoin(notTakenBack());
      const { batch } = payload;
      const heartbeat = async () => {
        if (isOver) throw notTakenBack();
        await payload.heartbeat();
      };
      this.#noteLag(batch, Number(batch.firstOffset() ?? batch.highWatermark));
      const taking = onBatch({ ...payload, heartbeat });
      const taken = within(taking, { from: `the batch of ${topic}`, ms: batchDeadline });
      taken.catch((error: unknown) => isSilence(error) && ended.reject(error));
      await taken;
      this.#noteLag(batch, Number(batch.lastOffset()) + 1);
    };
    signal.addEventListener('abort', stop);
    const vigil = new Vigil(lifeSignDeadline, `the consumer of ${topic}`, ended.reject);
    for (const sign of lifeSigns) consumer.on(consumer.events[sign], () => vigil.hear());
    consumer.on(consumer.events.CRASH, ({ payload }) => ended.reject(payload.error));
    consumer.on(consumer.events.REBALANCING, () => {
      if (!isOver) this.#awaitJoin();
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      if (!isOver) this.#claim(payload.memberAssignment[topic] ?? []);
    });
    try {
      const config = { autoCommit, eachBatchAutoResolve: false, partitionsConsumedConcurrently, eachBatch };
      const running = run(consumer, topic, config);
      await Promise.race([running, ended.promise]);
      await ended.promise;
    } finally {
      isOver = true;
      vigil.close();
      signal.removeEventListener('abort', stop);
      this.#release();
      await sayGoodbye(consumer, closeDeadline); // leaves the group, if it can be reached
    }
  }

  #claim(partitions: readonly number[]): void {
    this.#release();
    this.#hasJoined = true;
    this.#backoff.reset();
    this.#progress.made();
    for (const partition of partitions) this.#lags.set(partition, 0);
    this.#options.onAssigned(partitions);
    this.#options.logger.info(
      `reading partitions ${partitions.join(', ') || 'none'} of ${this.#options.topic}`,
    );
  }

  /** `next`: the first offset that is not done. */
  #noteLag({ partition, highWatermark }: Batch, next: number): void {
    if (this.#lags.has(partition)) this.#lags.set(partition, Math.max(0, Number(highWatermark) - next));
  }

  /**
   * When a coordinator that is still loading refuses a member that joins again, kafkajs goes on with the partitions
   * that it had, and no assignment is announced.
   */
  #awaitJoin(): void {
    this.#release();
    this.#joinTimer = setTimeout(() => this.rejoin(notTakenBack()), joinDeadline);
  }

  #release(): void {
    clearTimeout(this.#joinTimer);
    this.#hasJoined = false;
    this.#lags.clear();
    this.#options.onRevoked();
  }
}

/** What kafkajs says while it lives, also when the brokers do not answer it. */
const lifeSigns = ['REQUEST', 'REQUEST_TIMEOUT'] as const;

async function run(consumer: Consumer, topic: string, config: ConsumerRunConfig): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run(config);
}

function notTakenBack(): TickerError {
  return new TickerError('the group has not taken this member back', {
    code: 'KAFKA',
    remedy: '',
    retriable: true,
  });
}

/** Keeps the membership of the group while waiting; throws when it is lost. */
export async function whileBeating<T>(promise: Promise<T>, heartbeat: () => Promise<void>): Promise<T> {
  const timer = new AbortController();
  const done = promise.finally(() => timer.abort());
  done.catch(() => undefined); // awaited below, unless a heartbeat throws first
  while (!timer.signal.aborted) {
    await Promise.race([
      done,
      sleep(timing.heartbeatInterval, undefined, { signal: timer.signal }).catch(() => undefined),
    ]);
    if (!timer.signal.aborted) await heartbeat();
  }
  return done;
}
