import { randomBytes } from 'node:crypto';
import type { Type } from 'avsc';
import { type Place, Slabs } from './slabs.ts';
import { enlarged, SlotTable } from './slot-table.ts';

/** In front of each key: its length in bytes. */
const lengthSize = 2;
const longestKey = 0xffff;
/** Stands for the address of a slot that is not taken. */
const nowhere = 0xffffffff;
/** Other processes have other hashes: whoever chooses keys cannot choose those that collide. */
const seed = randomBytes(4).readUInt32LE();

/**
 * A Map whose keys and values are kept outside the JavaScript heap, the values as Avro: a row of the report takes a
 * fifth of what it would take as an object. Each `get` makes a new object; to change a value, `set` it again.
 * A walk may be interrupted: it comes past everything once that is there from its beginning to its end.
 */
export class PackedMap<T> {
  readonly #type: Type;
  readonly #slots = new SlotTable();
  readonly #slabs = new Slabs();
  /** By slot. */
  #addresses = new Uint32Array(8).fill(nowhere);
  /** The length of a key, the key, a value. */
  #scratch = Buffer.allocUnsafe(1024);

  constructor(type: Type) {
    this.#type = type;
  }

  get size(): number {
    return this.#slots.size;
  }

  has(key: string): boolean {
    return this.slotOf(key) !== undefined;
  }

  get(key: string): T | undefined {
    const slot = this.slotOf(key);
    return slot === undefined ? undefined : this.valueIn(slot);
  }

  /** The first fields of a value alone, see `heads`. */
  head<H>(key: string, head: Type): H | undefined {
    const slot = this.slotOf(key);
    return slot === undefined ? undefined : this.valueIn<H>(slot, head);
  }

  /** Returns the key's slot. Throws RangeError for a key of more than 64 KiB, and avsc's error when the value does not fit the type. */
  set(key: string, value: T): number {
    const start = this.#writeKey(key);
    const hash = hashOf(this.#scratch, start);
    const before = this.#find(hash, start);
    const address = this.#slabs.add(this.#encode(value, start));
    const slot = before ?? this.#slots.add(hash);
    if (before !== undefined) this.#slabs.remove(this.#addresses[before] ?? nowhere);
    if (slot >= this.#addresses.length) this.#addresses = enlarged(this.#addresses).fill(nowhere, slot);
    this.#addresses[slot] = address;
    return slot;
  }

  delete(key: string): void {
    const slot = this.slotOf(key);
    if (slot === undefined) return;
    this.#slabs.remove(this.#addresses[slot] ?? nowhere);
    this.#addresses[slot] = nowhere;
    this.#slots.remove(slot);
  }

  /** A small number that is the key's own until it is deleted, then another's. */
  slotOf(key: string): number | undefined {
    const end = this.#writeKey(key);
    return this.#find(hashOf(this.#scratch, end), end);
  }

  /** The slot must be taken. */
  keyIn(slot: number): string {
    const { buffer, position } = this.#place(slot);
    const start = position + lengthSize;
    return buffer.toString('utf8', start, start + buffer.readUInt16LE(position));
  }

  /** The slot must be taken. `head`: a record type of the first fields, when they are enough. */
  valueIn<V = T>(slot: number, head: Type = this.#type): V {
    const { buffer, position } = this.#place(slot);
    return head.decode(buffer, position + lengthSize + buffer.readUInt16LE(position)).value;
  }

  *keys(): Generator<string> {
    for (const slot of this.#taken()) yield this.keyIn(slot);
  }

  *[Symbol.iterator](): Generator<[string, T]> {
    yield* this.heads<T>(this.#type);
  }

  /** The first fields of every value alone, for walks through all: `head` is a record type of just these. */
  *heads<H>(head: Type): Generator<[string, H]> {
    for (const slot of this.#taken()) yield [this.keyIn(slot), this.valueIn<H>(slot, head)];
  }

  *#taken(): Generator<number> {
    for (let slot = 0; slot < this.#slots.end; slot += 1) if (this.#addresses[slot] !== nowhere) yield slot;
  }

  #place(slot: number): Place {
    return this.#slabs.at(this.#addresses[slot] ?? nowhere);
  }

  /** Finds the key in the scratch, up to `end`. */
  #find(hash: number, end: number): number | undefined {
    return this.#slots.find(hash, (slot) => {
      const { buffer, position } = this.#place(slot);
      for (let index = 0; index < end; index += 1)
        if (buffer[position + index] !== this.#scratch[index]) return false;
      return true;
    });
  }

  /** Puts the key into the scratch; returns where it ends. */
  #writeKey(key: string): number {
    const most = lengthSize + 3 * key.length;
    if (most > this.#scratch.length) this.#scratch = Buffer.allocUnsafe(most);
    const length = this.#scratch.write(key, lengthSize);
    if (length > longestKey) throw new RangeError(`a key of ${length} bytes is too long`);
    this.#scratch.writeUInt16LE(length, 0);
    return lengthSize + length;
  }

  /** Puts the value into the scratch behind the key; returns both. */
  #encode(value: T, start: number): Buffer {
    for (;;) {
      const end = this.#type.encode(value, this.#scratch, start);
      if (end >= 0) return this.#scratch.subarray(0, end);
      this.#scratch = Buffer.concat([this.#scratch], this.#scratch.length - end); // so much is missing
    }
  }
}

/** FNV-1a of the first bytes, stirred so that its low bits depend on all of them. */
function hashOf(bytes: Buffer, end: number): number {
  let hash = seed;
  for (let index = lengthSize; index < end; index += 1)
    hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 12)) >>> 0;
}
