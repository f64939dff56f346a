import type { PortScanEvent } from '../../../src/common/event.ts';
import type { Broker } from '../broker/broker.ts';
import { groups } from '../consumer.ts';
import { channels, rows } from '../topics.ts';
import type { Problem } from './problem.ts';

type Statement = Pick<PortScanEvent, 'sensor' | 'source' | 'episode' | 'changeCount'>;

/** Watches that no offset is committed behind an event whose row is not in the report topic. */
export class OffsetWatch {
  readonly problems: Problem[] = [];
  /** By partition: the events in their order, and how many of them are committed. */
  readonly #events: Statement[][] = [];
  readonly #committed: number[] = [];
  /** By partition and row: the most that was ever written about it. */
  readonly #written: Map<string, Statement>[] = [];

  constructor(broker: Broker) {
    const { topic, codec } = channels.events;
    for (const [partition, log] of broker.partitions(topic).entries()) {
      const events: Statement[] = [];
      this.#events[partition] = events;
      log.onCommitted = ({ value }) => {
        // Decoded before the next turn.
        void codec.decode(value ?? Buffer.alloc(0)).then((event) => events.push(event));
      };
    }
    for (const [partition, log] of broker.partitions(rows.topic).entries()) {
      const written = new Map<string, Statement>();
      this.#written[partition] = written;
      log.onCommitted = ({ value }) => {
        if (value !== null) void rows.codec.decode(value).then((entry) => note(written, entry));
      };
    }
    broker.group(groups.events, topic).onCommit = (partition, offset) => this.#check(partition, offset);
  }

  #check(partition: number, offset: number): void {
    const written = this.#written[partition] ?? new Map<string, Statement>();
    const events = this.#events[partition] ?? [];
    for (const event of events.slice(this.#committed[partition] ?? 0, offset)) {
      const cleared = written.get(`${event.sensor}/*`);
      if (cleared !== undefined && isBefore(event, cleared)) continue;
      const row = written.get(keyOf(event));
      if (row !== undefined && !isBefore(row, event)) continue;
      const what = `${offset} of partition ${partition} is committed, but not written: ${JSON.stringify(event)}`;
      this.problems.push({ kind: 'offset', what });
    }
    this.#committed[partition] = Math.max(offset, this.#committed[partition] ?? 0);
  }
}

function note(written: Map<string, Statement>, entry: Statement): void {
  const held = written.get(keyOf(entry));
  if (held === undefined || isBefore(held, entry)) written.set(keyOf(entry), entry);
}

function keyOf({ sensor, source }: Statement): string {
  return `${sensor}/${source}`;
}

function isBefore(a: Statement, b: Statement): boolean {
  return a.episode < b.episode || (a.episode === b.episode && a.changeCount < b.changeCount);
}
