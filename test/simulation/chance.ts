import { type Random, randomOf } from '../helpers/random.ts';

/** All that is left to chance in a simulation, from its seed. */
export class Chance {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = randomOf(seed);
    this.#random(); // the first numbers of neighbouring seeds are alike
  }

  /** True so often, 0 to 1. */
  happens(rate: number): boolean {
    return this.#random() < rate;
  }

  /** From `least` to below `limit`. */
  between(least: number, limit: number): number {
    return least + this.#random() * (limit - least);
  }

  /** A whole number from `least` to `most`. */
  whole(least: number, most: number): number {
    return Math.floor(this.between(least, most + 1));
  }

  /** Precondition: there is one. */
  pick<T>(list: readonly T[]): T {
    const picked = list[this.whole(0, list.length - 1)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }

  shuffled<T>(list: readonly T[]): T[] {
    return list
      .map((each) => ({ each, order: this.#random() }))
      .sort((a, b) => a.order - b.order)
      .map(({ each }) => each);
  }

  /** A UUID. */
  uuid(): string {
    const hex = Array.from({ length: 32 }, () => this.whole(0, 15).toString(16)).join('');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }
}
