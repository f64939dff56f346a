import { type Severity, severities } from './severity.ts';

/** Slots of suspects that are to be alerted, by severity, and since when; ms. */
export class DueList {
  readonly #since = new Map(severities.toReversed().map((severity) => [severity, new Map<number, number>()]));

  has(slot: number): boolean {
    return this.#sinceWhen(slot) !== undefined;
  }

  /** From `now` on, or since it is due already with another severity. */
  put(slot: number, severity: Severity, now: number): void {
    const since = this.#sinceWhen(slot) ?? now;
    const list = this.#since.get(severity);
    if (list?.has(slot)) return;
    this.delete(slot);
    list?.set(slot, since);
  }

  delete(slot: number): void {
    for (const list of this.#since.values()) list.delete(slot);
  }

  /** Those that are due since `time` or earlier, the most severe first. */
  *ripe(time: number): Generator<number> {
    for (const list of this.#since.values()) {
      for (const [slot, since] of list) if (since <= time) yield slot;
    }
  }

  #sinceWhen(slot: number): number | undefined {
    for (const list of this.#since.values()) {
      const since = list.get(slot);
      if (since !== undefined) return since;
    }
    return undefined;
  }
}
