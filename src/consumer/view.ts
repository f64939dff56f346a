import type { ReportEntry } from '../common/event.ts';
import type { TopicRecord } from '../common/kafka/cluster.ts';
import { type ReaderOptions, TopicReader } from '../common/kafka/reader.ts';
import type { DeadLetters, Poison } from './dead-letters.ts';
import { type Decoder, isTime, nonsense } from './decoder.ts';
import type { Report } from './report.ts';

/** Bytes: sensor id, source and partition are never longer. */
const longestKey = 1_024;

type Options = Omit<ReaderOptions, 'onRecords' | 'onStartOver'> & {
  report: Report;
  decoder: Decoder<ReportEntry>;
  deadLetters: Pick<DeadLetters, 'setAside'>;
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

  /** What nobody can read is set aside by the partition's owner, when it comes. */
  async #take(partition: number, records: readonly TopicRecord[]): Promise<void> {
    const { report, decoder, deadLetters, isOwner } = this.#options;
    const poison: Poison[] = [];
    for (const record of records) {
      const { key, value, timestamp } = record;
      const offset = Number(record.offset);
      const problem = problemOf(record);
      if (problem !== undefined) {
        poison.push(decoder.poison(record, partition, nonsense(problem)));
        continue;
      }
      if (key !== null && report.isFrom(key.toString(), { partition, offset })) continue;
      const isRemoval = key !== null && value === null;
      const read = isRemoval ? { statement: null } : decoder.decode(record, partition);
      const decoded = read instanceof Promise ? await read : read;
      if ('poison' in decoded) poison.push(decoded.poison);
      else if (key !== null) {
        const row = {
          key: key.toString(),
          entry: decoded.statement,
          partition,
          offset,
          changedAt: timestamp,
        };
        report.read(row, isOwner(partition));
      }
    }
    if (isOwner(partition)) await deadLetters.setAside(poison);
  }
}

/** Why the record can be about no row, whatever its value is. */
function problemOf({ key, timestamp }: TopicRecord): string | undefined {
  if (key !== null && key.length > longestKey) return 'its key is longer than that of any row';
  return isTime(timestamp) ? undefined : 'its time is none';
}
