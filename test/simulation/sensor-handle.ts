import { addressText, packPrefixes, parsePrefix } from '../../src/common/address.ts';
import { enumerators, field } from '../../src/producer/native.ts';
import { entrySize, eventSize } from '../../src/producer/record.ts';
import type { AttachMode, Attachment, Epoch, Ring, Sensor, Settings } from '../../xdp/addon/addon.d.ts';
import frozen from '../fixtures/kernel-records-v2.json' with { type: 'json' };
import type { Clock } from './clock.ts';
import type { Source } from './episodes.ts';
import type { Crossing, Machine } from './machine.ts';

const [crossing = '', , , entry = ''] = frozen.records.map(({ bytes }) => bytes);
const crossingBytes = Buffer.from(crossing, 'hex');
const entryBytes = Buffer.from(entry, 'hex');
const entrySource = 8;
const eventSource = field('event', 'source', 64);
const reasons = enumerators('reason');

/** What a process holds of a machine: the addon's part, byte for byte. */
export class SensorHandle implements Sensor {
  readonly #machine: Machine;
  readonly #clock: Clock;
  readonly epoch: Epoch;

  constructor(machine: Machine, clock: Clock) {
    this.#machine = machine;
    this.#clock = clock;
    machine.open();
    this.epoch = machine.epoch;
  }

  restorePins(): boolean {
    return false;
  }

  attach(device: string, mode: AttachMode): Attachment {
    return this.#machine.attach(device, mode);
  }

  detach(device: string): void {
    this.#machine.attached.delete(device);
  }

  attachments(): Attachment[] {
    return [...this.#machine.attached.values()];
  }

  get settings(): Settings {
    return this.#machine.settings;
  }

  writeSettings(settings: Settings): void {
    this.#machine.configure(settings);
  }

  ignoreAdd(prefixes: Uint8Array): void {
    this.#machine.changeIgnored(prefixes, true);
  }

  ignoreRemove(prefixes: Uint8Array): void {
    this.#machine.changeIgnored(prefixes, false);
  }

  ignoreList(): Uint8Array {
    return packPrefixes([...this.#machine.ignored].map(parsePrefix));
  }

  refreshSurroundings(): void {}
  setOpenPorts(): void {}

  statistics(): Float64Array {
    return new Float64Array(64);
  }

  counters(): { sequence: number; drops: number } {
    const { sequence, drops } = this.#machine;
    return { sequence, drops };
  }

  addDrops(count: number): void {
    this.#machine.drops += count;
  }

  tick(): number {
    return this.#machine.tick;
  }

  openRing(): Ring {
    return new RingHandle(this.#machine, this.#clock);
  }

  collect(into: Uint8Array, from: number, limit: number, threshold: number) {
    const next = Math.min(from + limit, this.epoch.maxSources);
    let entries = 0;
    for (const source of this.#machine.sources.values()) {
      const isInStep = source.slot >= from && source.slot < next;
      if (!isInStep || source.changes <= threshold || source.changes === source.reported) continue;
      into.set(entryOf(source), entries * entrySize);
      entries += 1;
    }
    return { entries, next };
  }

  settle(entries: Uint8Array, count: number): void {
    for (let at = 0; at < count * entrySize; at += entrySize) {
      const view = new DataView(entries.buffer, entries.byteOffset + at + entrySource);
      const address = addressText(entries, at + entrySource + field('source', 'address', 16));
      const changes = view.getUint32(field('source', 'changes', 4), true);
      this.#machine.settle(address, view.getUint32(field('source', 'first', 4), true), changes);
    }
  }

  find(address: Uint8Array): Uint8Array | null {
    const source = this.#machine.sources.get(addressText(address));
    return source === undefined ? null : entryOf(source);
  }

  sourceCount(): number {
    return this.#machine.sources.size;
  }

  forget(address: Uint8Array): boolean {
    return this.#machine.forget(addressText(address));
  }

  forgetAll(): void {
    this.#machine.forgetAll();
  }

  testRun(): never {
    throw new Error('there is no program');
  }

  removeOthers(): [] {
    return [];
  }

  unpin(): void {
    this.#machine.unpin();
  }

  close(): void {}
}

class RingHandle implements Ring {
  readonly #machine: Machine;
  readonly size = 2 ** 20;
  position: number;

  constructor(machine: Machine, clock: Clock) {
    this.#machine = machine;
    this.position = machine.acked;
    const owner = clock.current;
    machine.onCrossing = () => clock.after(0, () => this.#notify(), owner);
    this.#later = (action) => clock.after(0, action, owner);
  }

  readonly #later: (action: () => void) => void;
  #isArmed = false;
  #onReadable: () => void = () => {};

  get acked(): number {
    return this.#machine.acked;
  }

  get used(): number {
    return (this.#machine.written - this.#machine.acked) * eventSize;
  }

  pull(into: Uint8Array): number {
    const from = this.position - this.#machine.acked;
    const pulled = this.#machine.ring.slice(from, from + Math.floor(into.length / eventSize));
    pulled.forEach((each, index) => {
      into.set(eventOf(each), index * eventSize);
    });
    this.position += pulled.length;
    return pulled.length;
  }

  ack(position: number): void {
    this.#machine.ack(position);
  }

  onReadable(callback: () => void): void {
    this.#onReadable = callback;
  }

  arm(): void {
    this.#isArmed = true;
    this.#later(() => this.#notify());
  }

  ref(): void {}
  unref(): void {}
  close(): void {}

  #notify(): void {
    if (!this.#isArmed || this.used === 0) return;
    this.#isArmed = false;
    this.#onReadable();
  }
}

/** Also FLAG_TOLD_… and the like are as in the record that the fixtures hold. */
function eventOf({ sequence, drops, tick, threshold, isFinal, source }: Crossing): Buffer {
  const record = Buffer.from(crossingBytes);
  record.writeBigUInt64LE(BigInt(sequence), field('event', 'sequence', 8));
  record.writeBigUInt64LE(BigInt(drops), field('event', 'drops', 8));
  record.writeBigUInt64LE(BigInt(tick), field('event', 'tick', 8));
  record.writeUInt32LE(threshold, field('event', 'threshold', 4));
  const reason = reasons[isFinal ? 'REASON_COUNT_FINAL' : 'REASON_THRESHOLD'] ?? 0;
  record.writeUInt8(reason, field('event', 'reason', 1));
  writeSource(record, eventSource, source);
  return record;
}

function entryOf(source: Source): Buffer {
  const record = Buffer.from(entryBytes);
  record.writeUInt32LE(source.slot, 0);
  writeSource(record, entrySource, source);
  return record;
}

/** `first` and `last` are the lower 32 bits of ticks. */
function writeSource(record: Buffer, at: number, { address, changes, first, last }: Source): void {
  const parts = address.split('.').map(Number);
  record.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...parts], at + field('source', 'address', 16));
  record.writeUInt32LE(changes, at + field('source', 'changes', 4));
  record.writeUInt32LE(first >>> 0, at + field('source', 'first', 4));
  record.writeUInt32LE(last >>> 0, at + field('source', 'last', 4));
}
