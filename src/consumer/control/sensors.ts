import type { AvroCodec } from '../../common/avro.ts';
import { isAlive, stateNow } from '../../common/control/liveness.ts';
import type { SensorStatus } from '../../common/control/records.ts';
import { describe, TickerError } from '../../common/errors.ts';
import type { TopicRecord } from '../../common/kafka/cluster.ts';
import { type ReaderOptions, TopicReader } from '../../common/kafka/reader.ts';
import type { Sensors } from './limits.ts';

type Options = Omit<ReaderOptions, 'onRecords'> & { codec: AvroCodec<SensorStatus> };

interface Known {
  status: SensorStatus;
  /** ms since 1970, by the clock of this process. */
  heardAt: number;
}

/** A sensor as it may be believed now: UNKNOWN when it has been silent for too long. */
export type SensorView = SensorStatus & {
  /** Seconds since it was last heard of. */
  age: number;
};

/** What all sensors have last said of themselves: follows the sensors topic. */
export class KnownSensors implements Sensors {
  readonly #options: Options;
  readonly #reader: TopicReader;
  readonly #known = new Map<string, Known>();
  #failures = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#reader = new TopicReader({ ...options, onRecords: (_, records) => this.#take(records) });
  }

  start(): void {
    this.#reader.start();
  }

  /** Resolves when all is known that the topic holds now. */
  async current(): Promise<void> {
    await this.#reader.current(0);
  }

  status(sensor: string): SensorStatus | undefined {
    return this.#known.get(sensor)?.status;
  }

  *statuses(): Generator<SensorStatus> {
    for (const { status } of this.#known.values()) yield status;
  }

  isAlive(sensor: string): boolean {
    const known = this.#known.get(sensor);
    return known !== undefined && isAlive(known.status.state, known.heardAt, Date.now());
  }

  /** All of them, by name. */
  views(): SensorView[] {
    const now = Date.now();
    const views = Array.from(this.#known.values(), ({ status, heardAt }) => ({
      ...status,
      state: stateNow(status.state, heardAt, now),
      age: Math.max(0, (now - heardAt) / 1000),
    }));
    return views.sort((a, b) => (a.sensor < b.sensor ? -1 : 1));
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }

  async #take(records: readonly TopicRecord[]): Promise<void> {
    for (const { key, value, timestamp } of records) {
      const sensor = key?.toString() ?? '';
      if (value === null) this.#known.delete(sensor);
      else await this.#hear(sensor, value, timestamp);
    }
  }

  /** A sensor's clock may be off: what comes in while it is being followed has just been said. */
  async #hear(sensor: string, value: Buffer, timestamp: number): Promise<void> {
    try {
      const status = await this.#options.codec.decode(value);
      const now = Date.now();
      const heardAt = this.#reader.isCurrent ? now : Math.min(timestamp, now);
      if (status.sensor === sensor) this.#known.set(sensor, { status, heardAt });
    } catch (error) {
      if (!(error instanceof TickerError) || error.retriable) throw error;
      this.#failures += 1;
      if (this.#failures > 1) return;
      this.#options.logger.warn(`skipped a record of ${this.#options.topic}: ${describe(error)}`);
    }
  }
}
