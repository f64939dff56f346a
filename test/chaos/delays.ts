/** How long a report takes to know what a source has done. */
export class Delays {
  readonly #owed = new Map<string, { count: number; since: number }[]>();
  #longest = 0;

  /** ms; an upper bound, as nobody looks all the time. */
  get longest(): number {
    return Math.round(this.#longest);
  }

  /** A source has come to this count just now. */
  owe(source: string, count: number): void {
    const owed = this.#owed.get(source) ?? [];
    this.#owed.set(source, owed);
    owed.push({ count, since: performance.now() });
  }

  /** The report knows these counts by now. */
  paid(counts: Iterable<readonly [string, number]>): void {
    for (const [source, known] of counts) {
      const owed = this.#owed.get(source) ?? [];
      for (const { since } of owed.filter(({ count }) => count <= known)) {
        this.#longest = Math.max(this.#longest, performance.now() - since);
      }
      this.#owed.set(
        source,
        owed.filter(({ count }) => count > known),
      );
    }
  }
}
