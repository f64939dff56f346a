import type { AvroCodec } from '../common/avro.ts';
import type { ReportEntry } from '../common/event.ts';
import { type SenderOptions, TopicSender } from '../common/kafka/sender.ts';
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

interface Options extends SenderOptions {
  codec: AvroCodec<ReportEntry>;
  report: Report;
}

/** Writes rows into the report topic, and into the report once Kafka has them. */
export class ReportWriter {
  readonly #options: Options;
  readonly #sender: TopicSender;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: Options) {
    this.#options = options;
    this.#sender = new TopicSender(options);
  }

  /** True from a write that was not answered at all until the next one that is. */
  get isStalled(): boolean {
    return this.#sender.isStalled;
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
    await this.#sender.close();
  }

  async #writeAll(partition: number, changes: readonly Change[]): Promise<void> {
    for (let from = 0; from < changes.length; from += rowsPerSend) {
      const part = changes.slice(from, from + rowsPerSend);
      const first = await this.#send(partition, part);
      part.forEach((change, index) => {
        this.#options.report.written({ ...change, partition, offset: first + index });
      });
    }
  }

  /** Returns the offset of the first row. */
  async #send(partition: number, changes: readonly Change[]): Promise<number> {
    const { codec } = this.#options;
    const [answer] = await this.#sender.send(
      changes.map(({ key, entry, changedAt }) => ({
        key,
        partition,
        timestamp: String(changedAt),
        value: entry === null ? null : codec.encode(entry),
      })),
    );
    return Number(answer?.baseOffset ?? -1);
  }
}
