/**
 * The first of many in an order, as many as the limit: a heap with the last of them on top, which an offer is compared
 * with. So nothing is ever sorted at once, however high the limit.
 */
export class Best<T> {
  readonly #limit: number;
  /** Negative: the first one stands before the second. Of two different items never 0. */
  readonly #compare: (a: T, b: T) => number;
  readonly #heap: T[] = [];

  constructor(limit: number, compare: (a: T, b: T) => number) {
    this.#limit = limit;
    this.#compare = compare;
  }

  offer(item: T): void {
    if (this.#heap.length < this.#limit) this.#rise(item, this.#heap.length);
    else if (this.#isLater(this.#heap[0], item)) this.#sink(item);
  }

  /** Takes all of them out, the last one first. */
  *lastFirst(): Generator<T> {
    for (let item = this.#heap[0]; item !== undefined; item = this.#heap[0]) {
      const end = this.#heap.pop();
      if (end !== undefined && this.#heap.length > 0) this.#sink(end);
      yield item;
    }
  }

  /** Puts an item in at a free place, or above it. */
  #rise(item: T, place: number): void {
    for (;;) {
      const above = (place - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || !this.#isLater(item, parent)) break;
      this.#heap[place] = parent;
      place = above;
    }
    this.#heap[place] = item;
  }

  /** Puts an item in instead of the top, or below it. */
  #sink(item: T): void {
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const below = this.#isLater(this.#heap[left + 1], this.#heap[left]) ? left + 1 : left;
      const child = this.#heap[below];
      if (child === undefined || !this.#isLater(child, item)) break;
      this.#heap[place] = child;
      place = below;
    }
    this.#heap[place] = item;
  }

  #isLater(a: T | undefined, b: T | undefined): boolean {
    return a !== undefined && (b === undefined || this.#compare(a, b) > 0);
  }
}
