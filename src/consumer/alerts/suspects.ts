import { groupKeys, type Suspect } from './groups.ts';

/** All suspects of the report, also by what they may have in common. */
export class Suspects {
  readonly #suspects = new Map<string, Suspect>();
  readonly #groups = new Map<string, Map<string, Suspect>>();

  get(key: string): Suspect | undefined {
    return this.#suspects.get(key);
  }

  put(suspect: Suspect): void {
    this.delete(suspect.key);
    this.#suspects.set(suspect.key, suspect);
    for (const group of groupKeys(suspect.entry)) {
      const members = this.#groups.get(group) ?? new Map<string, Suspect>();
      this.#groups.set(group, members.set(suspect.key, suspect));
    }
  }

  delete(key: string): void {
    const suspect = this.#suspects.get(key);
    if (suspect === undefined) return;
    this.#suspects.delete(key);
    for (const group of groupKeys(suspect.entry)) {
      const members = this.#groups.get(group);
      members?.delete(key);
      if (members?.size === 0) this.#groups.delete(group);
    }
  }

  /** True while anybody has this. */
  isShared(group: string): boolean {
    return this.#groups.has(group);
  }

  /** Those with this in common, whenever they began. */
  sharing(group: string): Suspect[] {
    return [...(this.#groups.get(group)?.values() ?? [])];
  }
}
