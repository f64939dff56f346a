import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { Backoff } from '../common/backoff.ts';
import { describe } from '../common/errors.ts';
import type { PortScanEvent, ReportEntry } from '../common/event.ts';
import { kafkaProblem } from '../common/kafka/problem.ts';
import type { Logger } from '../common/logger.ts';
import type { Decoder } from './decoder.ts';
import { entryOf, merge } from './merge.ts';
import { keyOf, type Report } from './report.ts';
import type { ReportView } from './view.ts';
import type { Change, ReportWriter } from './writer.ts';

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

interface Options {
  kafka: Kafka;
  brokers: readonly string[];
  groupId: string;
  topic: string;
  decoder: Decoder<PortScanEvent>;
  report: Report;
  view: ReportView;
  writer: ReportWriter;
  logger: Logger;
}

/** Shares the events with the other instances of its group, and writes the rows of its share. */
export class EventSubscriber {
  readonly #options: Options;
  readonly #abort = new AbortController();
  readonly #backoff = new Backoff();
  /** The partitions given to this instance, and when the report knows all that their last owner wrote. */
  readonly #claims = new Map<number, Promise<void>>();
  readonly #owned = new Set<number>();
  #hasJoined = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: Options) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** True while it is a member of the group. */
  get hasJoined(): boolean {
    return this.#hasJoined;
  }

  /** True for the partitions whose rows this instance, and no other, has to write. */
  isOwner(partition: number): boolean {
    return this.#owned.has(partition);
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        await this.#session(signal);
      } catch (error) {
        if (signal.aborted) return;
        const delay = this.#backoff.next();
        const problem = describe(kafkaProblem(error, this.#options.brokers));
        this.#options.logger.warn(
          `consuming ${this.#options.topic}: ${problem}; trying again in ${delay / 1000} s`,
        );
        await sleep(delay, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Consumes until it is stopped. A consumer that kafkajs has given up is replaced, whatever the reason. */
  async #session(signal: AbortSignal): Promise<void> {
    const { kafka, groupId, topic } = this.#options;
    const consumer = kafka.consumer({
      groupId,
      ...timing,
      allowAutoTopicCreation: false,
      retry: { restartOnFailure: async () => false },
    });
    const ended = Promise.withResolvers<void>();
    const stop = () => ended.resolve();
    signal.addEventListener('abort', stop);
    consumer.on(consumer.events.CRASH, ({ payload }) => ended.reject(payload.error));
    consumer.on(consumer.events.REBALANCING, () => this.#release());
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
      this.#claim(payload.memberAssignment[topic] ?? []),
    );
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      const running = consumer.run({
        eachBatchAutoResolve: false,
        eachBatch: (payload) => this.#take(payload),
      });
      await Promise.race([running, ended.promise]);
      await ended.promise;
    } finally {
      signal.removeEventListener('abort', stop);
      this.#release();
      await disconnect(consumer);
    }
  }

  #claim(partitions: readonly number[]): void {
    this.#release();
    this.#hasJoined = true;
    this.#backoff.reset();
    for (const partition of partitions) {
      const claim = this.#options.view.current(partition).then(() => {
        if (this.#claims.get(partition) === claim) this.#owned.add(partition);
      });
      claim.catch(() => undefined); // rejects only on close
      this.#claims.set(partition, claim);
    }
    this.#options.logger.info(
      `reading partitions ${partitions.join(', ') || 'none'} of ${this.#options.topic}`,
    );
  }

  #release(): void {
    this.#hasJoined = false;
    this.#claims.clear();
    this.#owned.clear();
  }

  /** Offsets are resolved, and so committed, only for events whose rows Kafka has. */
  async #take({ batch, resolveOffset, heartbeat }: EachBatchPayload): Promise<void> {
    const claim = this.#claims.get(batch.partition);
    if (claim === undefined) return; // given away meanwhile: its new owner gets the batch
    await this.#whileBeating(claim, heartbeat);
    const events = await this.#decode(batch.partition, batch.messages);
    const written = this.#options.writer.write(batch.partition, () => this.#changes(events));
    await this.#whileBeating(written, heartbeat);
    resolveOffset(batch.messages.at(-1)?.offset ?? batch.lastOffset());
  }

  async #decode(partition: number, messages: readonly KafkaMessage[]): Promise<PortScanEvent[]> {
    const events: PortScanEvent[] = [];
    for (const { value, offset } of messages) {
      const event = await this.#options.decoder.decode(value, partition, offset);
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  /** The rows that the events change, each once. */
  #changes(events: readonly PortScanEvent[]): Change[] {
    const { report } = this.#options;
    const entries = new Map<string, ReportEntry>();
    for (const event of events) {
      const key = keyOf(event);
      const held = entries.get(key) ?? report.get(key)?.entry;
      const entry = merge(held, entryOf(event));
      if (entry !== held) entries.set(key, entry);
    }
    const changedAt = Date.now();
    return Array.from(entries, ([key, entry]) => ({ key, entry, changedAt }));
  }

  /** Keeps the membership of the group while waiting; throws when it is lost. */
  async #whileBeating(promise: Promise<void>, heartbeat: () => Promise<void>): Promise<void> {
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
    await done;
  }
}

/** Leaves the group, if it can be reached. */
async function disconnect(consumer: Consumer): Promise<void> {
  try {
    await consumer.disconnect();
  } catch {
    // The consumer is given up in any case; what went wrong has been or will be said by the next session.
  }
}
