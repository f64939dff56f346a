import type { AvroCodec } from '../../common/avro.ts';
import { isAlive, silentAfter, stateNow } from '../../common/control/liveness.ts';
import type { SensorStatus } from '../../common/control/records.ts';
import { describe, TickerError } from '../../common/errors.ts';
import type { TopicRecord } from '../../common/kafka/cluster.ts';
import { type ReaderOptions, TopicReader } from '../../common/kafka/reader.ts';
import { warnOfFirst } from '../../common/logger.ts';
import { steadyNow } from '../../common/steady-clock.ts';
import type { DeadLetters, Poison } from '../dead-letters.ts';
import { isSensorId } from '../decoder.ts';
import type { Sensors } from './limits.ts';

type Options = Omit<ReaderOptions, 'onRecords'> & {
  codec: AvroCodec<SensorStatus>;
  deadLetters: Pick<DeadLetters, 'setAside'>;
  /** True while it is for this instance to set aside what nobody can read. */
  isOwner: () => boolean;
};

interface Known {
  status: SensorStatus;
  /** By the steady clock of this process, as all times of hearing here. */
  heardAt: number;
  /** The epoch that was heard before the status' own, and when. */
  before: { epoch: string; heardAt: number } | undefined;
  conflict: Conflict | undefined;
}

/** Two sensors that speak under one id, by turns. */
export interface Conflict {
  /** Theirs, in order. */
  epochs: [string, string];
  /** When the first one spoke again after the second, ms since 1970 by its own clock. */
  since: number;
  /** When one last spoke after the other, ms since 1970 by the clock of this process. */
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

  /** Records that could not be read so far. */
  get failures(): number {
    return this.#failures;
  }

  /** True while all is heard that sensors say. */
  get isCurrent(): boolean {
    return this.#reader.isCurrent;
  }

  /** True while it hangs, see TopicReader. */
  get isStalled(): boolean {
    return this.#reader.isStalled;
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

  /** The last conflict about a sensor's id. */
  conflict(sensor: string): Conflict | undefined {
    const conflict = this.#known.get(sensor)?.conflict;
    return conflict && { ...conflict, heardAt: Date.now() - (steadyNow() - conflict.heardAt) };
  }

  isAlive(sensor: string): boolean {
    const known = this.#known.get(sensor);
    return known !== undefined && isAlive(known.status.state, known.heardAt, steadyNow());
  }

  /** All of them, by name. */
  views(): SensorView[] {
    const now = steadyNow();
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
    const poison: Poison[] = [];
    for (const record of records) {
      const sensor = record.key?.toString() ?? '';
      if (record.value === null && record.key !== null) this.#known.delete(sensor);
      else {
        const problem = await this.#hear(sensor, record);
        if (problem !== undefined) poison.push(this.#poison(record, problem));
      }
    }
    if (this.#options.isOwner()) await this.#options.deadLetters.setAside(poison);
  }

  /**
   * Returns why a record is none of a sensor's. A sensor's clock may be off: what comes in while it is being followed has
   * just been said.
   */
  async #hear(sensor: string, { value, timestamp }: TopicRecord): Promise<string | undefined> {
    try {
      const status = await this.#options.codec.decode(value ?? Buffer.alloc(0));
      if (status.sensor !== sensor || !isSensorId(sensor)) return 'its key is not the id of the sensor in it';
      const now = steadyNow();
      const heardAt = this.#reader.isCurrent ? now : Math.min(timestamp, now);
      this.#known.set(sensor, known(this.#known.get(sensor), status, heardAt));
      return undefined;
    } catch (error) {
      if (!(error instanceof TickerError) || error.retriable) throw error;
      return describe(error);
    }
  }

  #poison({ key, value, headers, offset }: TopicRecord, reason: string): Poison {
    const { topic, logger } = this.#options;
    this.#failures += 1;
    warnOfFirst(logger, this.#failures === 1, `skipped a record of ${topic}: ${reason}`);
    return { key, value, headers, topic, partition: 0, offset: String(offset), reason };
  }
}

/**
 * An epoch ends when another one begins. So one that speaks again after another, while both were alive, is that of
 * another sensor with the same id.
 */
function known(held: Known | undefined, status: SensorStatus, heardAt: number): Known {
  const { epoch } = status;
  if (held === undefined) return { status, heardAt, before: undefined, conflict: undefined };
  if (held.status.epoch === epoch) return { ...held, status, heardAt };
  const before = { epoch: held.status.epoch, heardAt: held.heardAt };
  const isBack = held.before?.epoch === epoch && heardAt - held.before.heardAt <= silentAfter;
  if (!isBack) return { status, heardAt, before, conflict: held.conflict };
  const epochs: [string, string] = epoch < before.epoch ? [epoch, before.epoch] : [before.epoch, epoch];
  const isSame = held.conflict?.epochs.join() === epochs.join();
  const goesOn = isSame && heardAt - (held.conflict?.heardAt ?? 0) <= 2 * silentAfter;
  const since = goesOn ? (held.conflict?.since ?? status.time) : status.time;
  return { status, heardAt, before, conflict: { epochs, since, heardAt } };
}
