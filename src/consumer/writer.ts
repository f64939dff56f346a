import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import type { AvroCodec } from '../common/avro.ts';
import type { ReportEntry } from '../common/event.ts';
import { kafkaProblem } from '../common/kafka/problem.ts';
import type { Report } from './report.ts';

/** Rows in one request: with at most 0.5 kB each it stays below the brokers' limit of 1 MB. */
const rowsPerSend = 1_000;

/** A row to be written; a null entry removes it. */
export interface Change {
  key: string;
  entry: ReportEntry | null;
  /** ms since 1970. */
  changedAt: number;
}

interface Options {
  kafka: Kafka;
  /** For messages. */
  brokers: readonly string[];
  topic: string;
  codec: AvroCodec<ReportEntry>;
  report: Report;
}

/** Writes rows into the report topic, and into the report once Kafka has them. */
export class ReportWriter {
  readonly #options: Options;
  #producer: Producer | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: Options) {
    this.#options = options;
  }

  /**
   * Writes what `decide` returns to a partition. Writes follow one another, and `decide` is called when it is this
   * one's turn: nothing else changes the rows of an owned partition between the decision and its end.
   */
  async write(partition: number, decide: () => Change[]): Promise<void> {
    const turn = this.#last.then(() => this.#writeAll(partition, decide()));
    this.#last = turn.catch(() => undefined);
    await turn;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#producer?.disconnect();
  }

  async #writeAll(partition: number, changes: readonly Change[]): Promise<void> {
    for (let from = 0; from < changes.length; from += rowsPerSend) {
      const part = changes.slice(from, from + rowsPerSend);
      const first = await this.#send(partition, part);
      part.forEach((change, index) => {
        this.#options.report.written({ ...change, partition, offset: first + BigInt(index) });
      });
    }
  }

  /** Returns the offset of the first row. A producer that has failed is replaced by a new one at the next send. */
  async #send(partition: number, changes: readonly Change[]): Promise<bigint> {
    const { brokers, topic, codec } = this.#options;
    const producer = await this.#connected();
    try {
      const [answer] = await producer.send({
        topic,
        acks: -1,
        messages: changes.map(({ key, entry, changedAt }) => ({
          key,
          partition,
          timestamp: String(changedAt),
          value: entry === null ? null : codec.encode(entry),
        })),
      });
      return BigInt(answer?.baseOffset ?? -1);
    } catch (error) {
      this.#producer = undefined;
      producer.disconnect().catch(() => undefined); // it may hang: nobody waits for its goodbye
      throw kafkaProblem(error, brokers, { topic });
    }
  }

  async #connected(): Promise<Producer> {
    if (this.#producer !== undefined) return this.#producer;
    const producer = this.#options.kafka.producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
    });
    await producer.connect();
    this.#producer = producer;
    return producer;
  }
}
