import type { ReportEntry } from '../../common/event.ts';
import type { Member } from './groups.ts';

/** Rows to be looked at one by one. An array has all of this. */
export interface Rows extends Iterable<ReportEntry> {
  readonly length: number;
  every(has: (row: ReportEntry) => boolean): boolean;
  map<T>(what: (row: ReportEntry) => T): Iterable<T>;
  flatMap<T>(what: (row: ReportEntry) => readonly T[]): Iterable<T>;
  slice(from: number, to: number): ReportEntry[];
}

/**
 * The rows of a group's members. Each look makes them anew: all at once would take more memory than the report. Those
 * that have left the report meanwhile count, but are not seen.
 */
export class MemberRows implements Rows {
  readonly #members: readonly Member[];

  constructor(members: readonly Member[]) {
    this.#members = members;
  }

  get length(): number {
    return this.#members.length;
  }

  *[Symbol.iterator](): Generator<ReportEntry> {
    for (const { entry } of this.#members) if (entry !== undefined) yield entry;
  }

  every(has: (row: ReportEntry) => boolean): boolean {
    for (const row of this) if (!has(row)) return false;
    return true;
  }

  *map<T>(what: (row: ReportEntry) => T): Generator<T> {
    for (const row of this) yield what(row);
  }

  *flatMap<T>(what: (row: ReportEntry) => readonly T[]): Generator<T> {
    for (const row of this) yield* what(row);
  }

  slice(from: number, to: number): ReportEntry[] {
    return this.#members.slice(from, to).flatMap(({ entry }) => entry ?? []);
  }
}
