/** Upper bounds for delays, s: from a packet that is passed on at once to an outage of an hour. */
export const delayBounds = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 600, 3600,
];

/**
 * How many of the values that were observed lie below which bounds: what a histogram shows. It is counted here and not in
 * the library of metrics, which takes almost a microsecond for each value.
 */
export class Distribution {
  /** Upper bounds, rising; a value that is equal to one lies below it. */
  readonly #bounds: readonly number[];
  /** One more than bounds: the last for what lies above all of them. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let index = 0;
    while (value > (this.#bounds[index] ?? Number.POSITIVE_INFINITY)) index += 1;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += value;
  }

  /** Of all values. */
  get sum(): number {
    return this.#sum;
  }

  /** Each bound with the number of values below it, the last one infinite. */
  *cumulative(): Generator<[bound: number, count: number]> {
    let below = 0;
    for (const [index, count] of this.#counts.entries()) {
      below += count;
      yield [this.#bounds[index] ?? Number.POSITIVE_INFINITY, below];
    }
  }
}
