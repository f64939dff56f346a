import type { AvroCodec } from '../common/avro.ts';
import type { SensorStatus } from '../common/control/records.ts';
import { describe, TickerError } from '../common/errors.ts';
import type { PortScanEvent } from '../common/event.ts';
import type { TopicRecord } from '../common/kafka/cluster.ts';
import { type ReaderOptions, TopicReader } from '../common/kafka/reader.ts';
import { Sequences } from './sequences.ts';

/** What is looked at of an event: all of it would be decoded twice. */
export const auditedFields = ['sensor', 'epoch', 'sequence'] as const;
/** It judges every few seconds: to fetch each event when it comes would double the fetches of a consumer. */
const leastBytes = 65_536;

type Options = Omit<ReaderOptions, 'onRecords' | 'from'> & {
  codec: AvroCodec<Pick<PortScanEvent, (typeof auditedFields)[number]>>;
  control: {
    /** Stands for the time in which this instance, and no other, is to judge; undefined while it is not. */
    readonly term: object | undefined;
    readonly sensors: { statuses(): Iterable<SensorStatus> };
  };
  /** From one judgement to the next, ms. */
  interval?: number;
};

/**
 * Follows the events of all partitions while this instance owns the control partition, to see whether any are missing:
 * the members of the group see only the share that each of them has.
 */
export class SequenceAudit {
  readonly sequences = new Sequences();
  readonly #options: Options;
  #reader: TopicReader | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: Options) {
    this.#options = options;
  }

  /** True while it follows the events. */
  get isReading(): boolean {
    return this.#reader !== undefined;
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#running = this.#round();
    }, this.#options.interval ?? 2_000);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#stop(); // first: it ends what a round waits for
    await this.#running;
  }

  async #round(): Promise<void> {
    try {
      if (this.#options.control.term === undefined) await this.#stop();
      else if (this.#reader === undefined) this.#begin();
      else await this.#judge(this.#reader);
    } catch (error) {
      this.#options.logger.debug(`looking for missing events: ${describe(error)}`);
    }
    if (!this.#isClosed) this.start();
  }

  /** At the end: who had it before has judged what is there. */
  #begin(): void {
    this.#reader = new TopicReader({
      ...this.#options,
      from: 'end',
      leastBytes,
      onRecords: (_, records) => this.#take(records),
      onStartOver: () => this.sequences.forget(),
    });
    this.#reader.start();
  }

  async #judge(reader: TopicReader): Promise<void> {
    const statuses = [...this.#options.control.sensors.statuses()];
    await reader.drained();
    this.sequences.judge(statuses);
  }

  async #stop(): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    this.sequences.forget();
    await reader?.close();
  }

  /** What nobody can read is told and set aside by the partition's owner. */
  async #take(records: readonly TopicRecord[]): Promise<void> {
    for (const { value } of records) {
      try {
        if (value === null) continue;
        const read = this.#options.codec.read(value);
        const { sensor, epoch, sequence } = read instanceof Promise ? await read : read;
        if (sequence !== null) this.sequences.read(sensor, epoch, sequence);
      } catch (error) {
        if (!(error instanceof TickerError) || error.retriable) throw error;
      }
    }
  }
}
