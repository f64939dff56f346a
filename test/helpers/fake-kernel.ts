import { field } from '../../src/producer/native.ts';
import { entrySize, eventSize } from '../../src/producer/record.ts';
import type { Epoch, Ring, Sensor } from '../../xdp/addon/addon.d.ts';
import frozen from '../fixtures/kernel-records-v2.json' with { type: 'json' };

const [crossing = '', , , entry = ''] = frozen.records.map(({ bytes }) => bytes);

/** A ring that a test fills with crossings, numbered 1, 2, 3 … */
export class FakeRing implements Ring {
  readonly size = 2 ** 20;
  position = 0;
  acked = 0;
  #written = 0;
  #isArmed = false;
  #onReadable: () => void = () => {};

  get used(): number {
    return (this.#written - this.acked) * eventSize;
  }

  /** Writes so many crossings. */
  write(count: number): void {
    this.#written += count;
    this.#notify();
  }

  pull(into: Uint8Array): number {
    const count = Math.min(Math.floor(into.length / eventSize), this.#written - this.position);
    for (let index = 0; index < count; index++) {
      const record = Buffer.from(crossing, 'hex');
      this.position += 1;
      record.writeBigUInt64LE(BigInt(this.position), field('event', 'sequence', 8));
      into.set(record, index * eventSize);
    }
    return count;
  }

  ack(position: number): void {
    this.acked = position;
  }

  onReadable(callback: () => void): void {
    this.#onReadable = callback;
  }

  arm(): void {
    this.#isArmed = true;
    this.#notify();
  }

  ref(): void {}
  unref(): void {}
  close(): void {}

  #notify(): void {
    if (!this.#isArmed || this.used === 0) return;
    this.#isArmed = false;
    setImmediate(this.#onReadable);
  }
}

/** A table whose sources a test sets by slot. */
export class FakeTable implements Pick<Sensor, 'epoch' | 'collect' | 'settle' | 'addDrops'> {
  readonly epoch: Epoch = { ...frozen.epoch, maxSources: 32_768 };
  /** Counts by slot: the present one, and the one last published. */
  readonly counts = new Map<number, { present: number; published: number }>();
  drops = 0;
  /** Where each step began, and how many slots it was to look at. */
  readonly steps: { from: number; limit: number }[] = [];

  /** The source in a slot has this count now. */
  count(slot: number, present: number): void {
    this.counts.set(slot, { published: 0, ...this.counts.get(slot), present });
  }

  collect(
    into: Uint8Array,
    from: number,
    limit: number,
    threshold: number,
  ): { entries: number; next: number } {
    this.steps.push({ from, limit });
    const next = Math.min(from + limit, this.epoch.maxSources);
    let entries = 0;
    for (const [slot, { present, published }] of this.counts) {
      if (slot < from || slot >= next || present <= threshold || present === published) continue;
      const record = Buffer.from(entry, 'hex');
      record.writeUInt32LE(slot, 0);
      record.writeUInt32LE(present, changes);
      into.set(record, entries * entrySize);
      entries += 1;
    }
    return { entries, next };
  }

  addDrops(count: number): void {
    this.drops += count;
  }

  settle(entries: Uint8Array, count: number): void {
    const view = new DataView(entries.buffer, entries.byteOffset);
    for (let at = 0; at < count * entrySize; at += entrySize) {
      const source = this.counts.get(view.getUint32(at, true));
      if (source !== undefined) source.published = view.getUint32(at + changes, true);
    }
  }
}

const changes = 8 + field('source', 'changes', 4);
