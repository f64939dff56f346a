import type { Type } from 'avsc';
import { Slabs } from './slabs.ts';

/**
 * A Map whose values are kept as Avro, outside the JavaScript heap: a row of the report takes a quarter of what it would
 * take as an object. Each `get` makes a new object; to change a value, `set` it again.
 */
export class PackedMap<T> {
  readonly #type: Type;
  readonly #addresses = new Map<string, number>();
  readonly #slabs = new Slabs();
  #scratch = Buffer.allocUnsafe(1024);

  constructor(type: Type) {
    this.#type = type;
  }

  get size(): number {
    return this.#addresses.size;
  }

  has(key: string): boolean {
    return this.#addresses.has(key);
  }

  get(key: string): T | undefined {
    const address = this.#addresses.get(key);
    return address === undefined ? undefined : this.#read(address, this.#type);
  }

  /** Throws avsc's error when the value does not fit the type. */
  set(key: string, value: T): void {
    const address = this.#slabs.add(this.#encode(value));
    const before = this.#addresses.get(key);
    if (before !== undefined) this.#slabs.remove(before);
    this.#addresses.set(key, address);
  }

  delete(key: string): void {
    const address = this.#addresses.get(key);
    if (address === undefined) return;
    this.#slabs.remove(address);
    this.#addresses.delete(key);
  }

  keys(): Iterable<string> {
    return this.#addresses.keys();
  }

  *[Symbol.iterator](): Generator<[string, T]> {
    yield* this.heads<T>(this.#type);
  }

  /** The first fields of every value alone, for walks through all: `head` is a record type of just these. */
  *heads<H>(head: Type): Generator<[string, H]> {
    for (const [key, address] of this.#addresses) yield [key, this.#read(address, head)];
  }

  #read<V>(address: number, type: Type): V {
    const { buffer, position } = this.#slabs.at(address);
    return type.decode(buffer, position).value;
  }

  #encode(value: T): Buffer {
    for (;;) {
      const end = this.#type.encode(value, this.#scratch);
      if (end >= 0) return this.#scratch.subarray(0, end);
      this.#scratch = Buffer.allocUnsafe(this.#scratch.length - end); // so much is missing
    }
  }
}
