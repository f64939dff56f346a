import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Message } from 'kafkajs';
import type { AvroCodec } from '../common/avro.ts';
import { TickerError } from '../common/errors.ts';
import type { ReportEntry } from '../common/event.ts';
import { isRefusal } from '../common/kafka/causes.ts';
import { type SenderOptions, TopicSender } from '../common/kafka/sender.ts';
import type { Report } from './report.ts';

/** Rows of a partition in one request: with at most 0.5 kB each they stay below the brokers' limit of 1 MB. */
const rowsPerSend = 1_000;

/** A row to be written; a null entry removes it. */
export interface Change {
  key: string;
  entry: ReportEntry | null;
  /** ms since 1970. */
  changedAt: number;
}

interface Options extends SenderOptions {
  codec: AvroCodec<ReportEntry>;
  report: Report;
}

interface Write {
  partition: number;
  decide: () => Change[];
  /** Decided on, but not in Kafka; undefined before its turn. */
  rest?: Change[];
  isDone: boolean;
  done: PromiseWithResolvers<void>;
}

/**
 * Writes rows into the report topic, and into the report once Kafka has them. What is to be written to different
 * partitions while a request is under way goes with the next one together.
 */
export class ReportWriter {
  readonly #options: Options;
  readonly #sender: TopicSender;
  /** In the order in which they were asked for. */
  #writes: Write[] = [];
  #running: Promise<void> | undefined;

  constructor(options: Options) {
    this.#options = options;
    this.#sender = new TopicSender(options);
  }

  /** True from a write that was not answered at all until the next one that is. */
  get isStalled(): boolean {
    return this.#sender.isStalled;
  }

  /**
   * Writes what `decide` returns to a partition. A partition's writes follow one another, and `decide` is called when it is
   * this one's turn: nothing else changes the rows of an owned partition between the decision and its end.
   */
  async write(partition: number, decide: () => Change[]): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#writes.push({ partition, decide, isDone: false, done });
    this.#running ??= this.#run();
    await done.promise;
  }

  async close(): Promise<void> {
    await this.#running;
    await this.#sender.close();
  }

  async #run(): Promise<void> {
    while (this.#writes.length > 0) {
      await nextTurn(); // what is read of several partitions at once comes in one turn
      await this.#sendFirsts();
    }
    this.#running = undefined;
  }

  /** Sends a part of each partition's first write. */
  async #sendFirsts(): Promise<void> {
    const firsts = new Map(this.#writes.toReversed().map((write) => [write.partition, write]));
    await this.#settle([...firsts.values()]);
    this.#writes = this.#writes.filter(({ isDone }) => !isDone);
  }

  /** What Kafka refuses in one partition is not to stop the others: then each is sent alone. */
  async #settle(writes: readonly Write[]): Promise<void> {
    try {
      await this.#send(writes);
    } catch (error) {
      const isForOne = writes.length > 1 && error instanceof TickerError && isRefusal(error);
      for (const write of writes) {
        if (isForOne) await this.#settle([write]);
        else finish(write, () => write.done.reject(error));
      }
    }
  }

  async #send(writes: readonly Write[]): Promise<void> {
    const parts = writes.map((write) => {
      write.rest ??= write.decide();
      return { write, changes: write.rest.slice(0, rowsPerSend) };
    });
    const messages = parts.flatMap(({ write, changes }) =>
      changes.map((change) => this.#message(write.partition, change)),
    );
    const answers = messages.length === 0 ? [] : await this.#sender.send(messages);
    for (const { write, changes } of parts) {
      const { partition } = write;
      const first = Number(answers.find((answer) => answer.partition === partition)?.baseOffset ?? -1);
      for (const [index, change] of changes.entries())
        this.#options.report.written({ ...change, partition, offset: first + index });
      write.rest?.splice(0, rowsPerSend);
      if (write.rest?.length === 0) finish(write, write.done.resolve);
    }
  }

  #message(partition: number, { key, entry, changedAt }: Change): Message {
    const value = entry === null ? null : this.#options.codec.encode(entry);
    return { key, partition, timestamp: String(changedAt), value };
  }
}

function finish(write: Write, say: () => void): void {
  write.isDone = true;
  say();
}
