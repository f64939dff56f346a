import type { SensorStatus } from '../../src/common/control/records.ts';
import type { PortScanEvent } from '../../src/common/event.ts';
import { batches } from '../../test/helpers/batches.ts';
import { address, EventStream } from './event-stream.ts';

/** Sources that each sensor alone sees: the last one scans, the others only touch many open ports. */
const ownSources = 7;
/** A source that all sensors see. */
const everywhere = '203.0.113.9';
/** Sensors that say how they are in one request. */
const statusesAtOnce = 50;

/** Many sensors, what they send, and what the report has to say of it. */
export class Fleet {
  /** The last count of each row, by "sensor/source". */
  readonly rows = new Map<string, number>();
  /** Rows that deserve an alert of their own. */
  readonly scans: string[] = [];
  #events = 0;
  readonly #streams: readonly EventStream[];

  constructor(size: number) {
    this.#streams = Array.from({ length: size }, (_, number) => new EventStream(number));
  }

  /** Made so far. */
  get events(): number {
    return this.#events;
  }

  /** A batch of each sensor: all its sources, with counts that grow from round to round. */
  *round(round: number): Generator<PortScanEvent[]> {
    for (const [number, stream] of this.#streams.entries()) {
      const batch = [stream.event(everywhere, countIn(round))];
      for (let own = 0; own < ownSources; own += 1) {
        const source = address(number * ownSources + own);
        batch.push(stream.event(source, countIn(round), own === ownSources - 1));
      }
      this.#note(batch);
      yield batch;
    }
  }

  /** Of all sensors, as of now; some are one batch. `isDelivered`: all that was made so far is in Kafka. */
  *statuses(isDelivered: boolean): Generator<SensorStatus[]> {
    for (const streams of batches(this.#streams, statusesAtOnce))
      yield streams.map((stream) => stream.status(isDelivered));
  }

  #note(batch: readonly PortScanEvent[]): void {
    for (const { sensor, source, changeCount, verdict } of batch) {
      const row = `${sensor}/${source}`;
      if (verdict && !this.rows.has(row)) this.scans.push(row);
      this.rows.set(row, changeCount);
    }
    this.#events += batch.length;
  }
}

function countIn(round: number): number {
  return 21 * 2 ** round;
}
