/** Stands for no slot. */
const none = 0;

/**
 * Small numbers, and the id that each has in common with others: a hash table in typed arrays, with a ring for each
 * bucket, so that a number takes 24 bytes whether it is alone with its id or one of many.
 */
export class SlotsById {
  /** By hash: one more than the first slot of the ring, or `none`. A power of two, at least as many as slots. */
  #first = new Uint32Array(8);
  /** By slot: its neighbours in the ring, each plus one; `none` where a slot has no id. */
  #next = new Uint32Array(8);
  #previous = new Uint32Array(8);
  #ids = new Float64Array(8);

  /** `id`: a safe integer. The slot must have none yet. */
  add(slot: number, id: number): void {
    while (slot >= this.#ids.length) this.#grow();
    this.#ids[slot] = id;
    this.#link(slot);
  }

  /** Returns the id that the slot had; undefined when it had none. */
  remove(slot: number): number | undefined {
    if (!this.#has(slot)) return undefined;
    const id = this.#ids[slot] ?? 0;
    this.#unlink(slot, this.#bucketOf(id));
    return id;
  }

  /** Gives the slot this id, or none. Returns the one that it had until now, when that is another. */
  move(slot: number, id: number | undefined): number | undefined {
    const before = this.#has(slot) ? this.#ids[slot] : undefined;
    if (before === id) return undefined;
    this.remove(slot);
    if (id !== undefined) this.add(slot, id);
    return before;
  }

  /** The slots with this id, the one that was added first at first. They must not change meanwhile. */
  *of(id: number): Generator<number> {
    const first = this.#first[this.#bucketOf(id)] ?? none;
    for (let at = first; at !== none; ) {
      if (this.#ids[at - 1] === id) yield at - 1;
      at = this.#next[at - 1] ?? none;
      if (at === first) return;
    }
  }

  isEmpty(id: number): boolean {
    return this.of(id).next().done === true;
  }

  #has(slot: number): boolean {
    return slot < this.#next.length && this.#next[slot] !== none;
  }

  #bucketOf(id: number): number {
    return (id >>> 0) & (this.#first.length - 1);
  }

  /** As the last one of its ring. */
  #link(slot: number): void {
    const bucket = this.#bucketOf(this.#ids[slot] ?? 0);
    const at = slot + 1;
    const first = this.#first[bucket] || at;
    const last = first === at ? at : (this.#previous[first - 1] ?? none);
    this.#first[bucket] = first;
    this.#next[slot] = first;
    this.#previous[slot] = last;
    this.#next[last - 1] = at;
    this.#previous[first - 1] = at;
  }

  #unlink(slot: number, bucket: number): void {
    const next = this.#next[slot] ?? none;
    const previous = this.#previous[slot] ?? none;
    this.#next[previous - 1] = next;
    this.#previous[next - 1] = previous;
    if (this.#first[bucket] === slot + 1) this.#first[bucket] = next === slot + 1 ? none : next;
    this.#next[slot] = none;
  }

  #grow(): void {
    const before = this.#next;
    this.#next = new Uint32Array(2 * before.length);
    this.#previous = new Uint32Array(this.#next.length);
    this.#first = new Uint32Array(this.#next.length);
    this.#ids = new Float64Array(this.#ids.buffer.transfer(2 * this.#ids.byteLength));
    for (let slot = 0; slot < before.length; slot += 1) if (before[slot] !== none) this.#link(slot);
  }
}
