import { inPortions } from './turns.ts';

type Visitor<T> = (item: T) => void;

/**
 * Walks through many items in portions, for any number of visitors: those who come while it is under way share the next
 * walk, so that many of them take no longer than two.
 */
export class SharedWalk<T> {
  readonly #items: () => Iterable<T | undefined>;
  #waiting: Visitor<T>[] = [];
  #last: Promise<void> = Promise.resolve();
  #isUnderWay = false;

  /** `items` begins a walk; undefined is shown to nobody. */
  constructor(items: () => Iterable<T | undefined>) {
    this.#items = items;
  }

  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** Resolves when the visitor has seen everything. Visitors must not throw. */
  visit(visitor: Visitor<T>): Promise<void> {
    this.#waiting.push(visitor);
    if (this.#waiting.length === 1) this.#last = this.#last.catch(() => undefined).then(() => this.#walk());
    return this.#last;
  }

  async #walk(): Promise<void> {
    const visitors = this.#waiting;
    this.#waiting = [];
    this.#isUnderWay = true;
    try {
      for await (const portion of inPortions(this.#items())) {
        for (const item of portion) if (item !== undefined) for (const visit of visitors) visit(item);
      }
    } finally {
      this.#isUnderWay = false;
    }
  }
}
