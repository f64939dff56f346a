const firstDelay = 500;
const longestDelay = 15_000;

/** Pauses that double from 0.5 s to 15 s, in ms. */
export class Backoff {
  #delay = firstDelay;

  next(): number {
    const delay = this.#delay;
    this.#delay = Math.min(2 * delay, longestDelay);
    return delay;
  }

  /** To be called when it works again. */
  reset(): void {
    this.#delay = firstDelay;
  }
}
