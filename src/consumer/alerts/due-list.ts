import { type Severity, severities } from './severity.ts';

/** Keys of rows that are to be alerted, by severity, and since when; ms. */
export class DueList {
  readonly #since = new Map(severities.toReversed().map((severity) => [severity, new Map<string, number>()]));

  has(key: string): boolean {
    return this.#sinceWhen(key) !== undefined;
  }

  /** From `now` on, or since it is due already with another severity. */
  put(key: string, severity: Severity, now: number): void {
    const since = this.#sinceWhen(key) ?? now;
    const list = this.#since.get(severity);
    if (list?.has(key)) return;
    this.delete(key);
    list?.set(key, since);
  }

  delete(key: string): void {
    for (const list of this.#since.values()) list.delete(key);
  }

  /** Keys that are due since `time` or earlier, the most severe first. */
  *ripe(time: number): Generator<string> {
    for (const list of this.#since.values()) {
      for (const [key, since] of list) if (since <= time) yield key;
    }
  }

  #sinceWhen(key: string): number | undefined {
    for (const list of this.#since.values()) {
      const since = list.get(key);
      if (since !== undefined) return since;
    }
    return undefined;
  }
}
