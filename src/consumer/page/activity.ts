import type { Change } from '../live-report.ts';
import type { Point } from './history.ts';

const minute = 60_000;
const minutesKept = 60;

/** How many rows have changed in each minute of the last hour, as far as this process has seen it. */
export class Activity {
  readonly #counts = new Map<number, number>();
  #current = 0;
  /** The rows that have changed in the current minute. */
  #seen = new Set<string>();

  see({ key, entry, changedAt }: Change): void {
    if (entry === null) return;
    const at = Math.floor(Math.min(changedAt, Date.now()) / minute);
    if (at > this.#current) this.#begin(at);
    if (at === this.#current) {
      if (this.#seen.has(key)) return;
      this.#seen.add(key);
    }
    // Of a minute that is over, each row is read once: from the topic, at the start.
    if (at > this.#current - minutesKept) this.#counts.set(at, (this.#counts.get(at) ?? 0) + 1);
  }

  /** A point for each minute up to `now`, ms since 1970. */
  series(now: number): Point[] {
    const last = Math.floor(now / minute);
    return Array.from({ length: minutesKept }, (_, index) => {
      const at = last - minutesKept + 1 + index;
      return { at: at * minute, count: this.#counts.get(at) ?? 0 };
    });
  }

  #begin(at: number): void {
    this.#current = at;
    this.#seen = new Set();
    for (const each of this.#counts.keys()) if (each <= at - minutesKept) this.#counts.delete(each);
  }
}
