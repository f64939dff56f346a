import type { ReportEntry } from '../common/event.ts';
import type { TopicRecord } from '../common/kafka/cluster.ts';
import { type ReaderOptions, TopicReader } from '../common/kafka/reader.ts';
import type { Decoder } from './decoder.ts';
import type { Report } from './report.ts';

type Options = Omit<ReaderOptions, 'onRecords' | 'onStartOver'> & {
  report: Report;
  decoder: Decoder<ReportEntry>;
  /** True for the partitions that this instance owns at the moment. */
  isOwner: (partition: number) => boolean;
};

/** Keeps the report as the whole report topic says it, whoever owns its partitions. */
export class ReportView {
  readonly #options: Options;
  readonly #reader: TopicReader;

  constructor(options: Options) {
    this.#options = options;
    this.#reader = new TopicReader({
      ...options,
      onRecords: (partition, records) => this.#take(partition, records),
      onStartOver: () => options.report.startOver(),
    });
  }

  start(): void {
    this.#reader.start();
  }

  /** True while the report is whole and follows the topic. */
  get isCurrent(): boolean {
    return this.#reader.isCurrent;
  }

  /** True while it hangs, see TopicReader. */
  get isStalled(): boolean {
    return this.#reader.isStalled;
  }

  /** Resolves when the report has all that the partition holds now. */
  async current(partition: number): Promise<void> {
    await this.#reader.current(partition);
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }

  async #take(partition: number, records: readonly TopicRecord[]): Promise<void> {
    const { report, decoder, isOwner } = this.#options;
    for (const { key, value, offset, timestamp } of records) {
      const entry = value === null ? null : await decoder.decode(value, partition, offset);
      if (key === null || entry === undefined) continue;
      report.read(
        { key: key.toString(), entry, partition, offset, changedAt: timestamp },
        isOwner(partition),
      );
    }
  }
}
