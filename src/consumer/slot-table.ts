/**
 * A hash table in typed arrays. It gives each key a slot: a small number that is the key's own until it is removed, and
 * another key's after that. It knows keys by their hashes alone; whoever keeps them says which one is in a slot.
 */
export class SlotTable {
  /** By hash, with linear probing: one more than the slot; zero where there is none. A power of two, at most half full. */
  #buckets = new Uint32Array(16);
  #hashes = new Uint32Array(8);
  readonly #free: number[] = [];
  #end = 0;

  /** How many slots are taken. */
  get size(): number {
    return this.#end - this.#free.length;
  }

  /** All slots ever taken are below this. */
  get end(): number {
    return this.#end;
  }

  /** The slot with this 32-bit hash in which `isIt`; undefined when there is none. */
  find(hash: number, isIt: (slot: number) => boolean): number | undefined {
    const mask = this.#buckets.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = (this.#buckets[at] ?? 0) - 1;
      if (slot < 0) return undefined;
      if (this.#hashes[slot] === hash && isIt(slot)) return slot;
    }
  }

  /** Takes a slot for a key that has none. */
  add(hash: number): number {
    const slot = this.#free.pop() ?? this.#extend();
    this.#hashes[slot] = hash;
    this.#link(slot);
    return slot;
  }

  remove(slot: number): void {
    this.#unlink(slot);
    this.#free.push(slot);
  }

  #extend(): number {
    if (this.#end === this.#hashes.length) this.#grow();
    this.#end += 1;
    return this.#end - 1;
  }

  #grow(): void {
    this.#hashes = enlarged(this.#hashes);
    this.#buckets = new Uint32Array(2 * this.#hashes.length);
    for (let slot = 0; slot < this.#end; slot += 1) this.#link(slot); // no slot is free: one was wanted
  }

  #link(slot: number): void {
    const mask = this.#buckets.length - 1;
    let at = (this.#hashes[slot] ?? 0) & mask;
    while (this.#buckets[at] !== 0) at = (at + 1) & mask;
    this.#buckets[at] = slot + 1;
  }

  /** Moves those behind the gap into it that would not be found any more. */
  #unlink(slot: number): void {
    const mask = this.#buckets.length - 1;
    let gap = (this.#hashes[slot] ?? 0) & mask;
    while (this.#buckets[gap] !== slot + 1) gap = (gap + 1) & mask;
    for (let at = (gap + 1) & mask; ; at = (at + 1) & mask) {
      const moving = this.#buckets[at] ?? 0;
      if (moving === 0) break;
      const home = (this.#hashes[moving - 1] ?? 0) & mask;
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      this.#buckets[gap] = moving;
      gap = at;
    }
    this.#buckets[gap] = 0;
  }
}

/** Twice as long, with zeros behind. The old one must not be used after this. */
export function enlarged(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  return new Uint32Array(array.buffer.transfer(2 * array.byteLength));
}
