import { isFloor, type ReportEntry } from '../common/event.ts';
import { type Severity, severity } from './alerts/severity.ts';
import { describeRow } from './alerts/words.ts';
import { comparison, matches, type Query } from './query.ts';
import type { Report } from './report.ts';

/** A row that people are shown. */
export interface ShownRow {
  key: string;
  entry: ReportEntry;
  severity: Severity | 0;
  /** True for a scanner that is meant to scan. */
  isKnown: boolean;
  /** ms since 1970, by a consumer's clock: sensors' may be off. */
  changedAt: number;
}

export interface Selection {
  /** In the order of the query, at most as many as its limit. */
  rows: ShownRow[];
  /** Rows that the query's filter lets through. */
  matched: number;
  /** All that are shown. */
  total: number;
}

/** The report as people are shown it. */
export class Rows {
  readonly #report: Report;
  readonly #isKnown: (source: string) => boolean;

  constructor(report: Report, isKnown: (source: string) => boolean) {
    this.#report = report;
    this.#isKnown = isKnown;
  }

  get(key: string): ShownRow | undefined {
    const row = this.#report.get(key);
    if (row === undefined || this.#report.shown(key) === undefined) return undefined;
    return this.#judged(key, row.entry, row.changedAt);
  }

  /** `now` in ms since 1970, for orders that go by age. */
  select(query: Query, now = Date.now()): Selection {
    const best = new Best<ShownRow>(query.limit, comparison(query, now));
    const counts = { matched: 0, total: 0 };
    for (const row of this.#all()) {
      counts.total += 1;
      if (!matches(row, query)) continue;
      counts.matched += 1;
      best.offer(row);
    }
    return { rows: best.sorted(), ...counts };
  }

  *#all(): Generator<ShownRow> {
    for (const [key, row] of this.#report.rows()) {
      if (!isFloor(row.entry) && !this.#report.isCleared(row))
        yield this.#judged(key, row.entry, row.changedAt);
    }
  }

  #judged(key: string, entry: ReportEntry, changedAt: number): ShownRow {
    const isKnown = this.#isKnown(entry.source);
    return { key, entry, severity: severity(entry, { isKnown }), isKnown, changedAt };
  }
}

/** A row as the API tells it. */
export function apiRow({ entry, severity: grade, isKnown }: ShownRow) {
  return { ...entry, severity: grade, summary: describeRow(entry, { isKnown }) };
}

/** The first of many in an order, without sorting those that are not among them. */
class Best<T> {
  readonly #limit: number;
  readonly #compare: (a: T, b: T) => number;
  #items: T[] = [];
  #worst: T | undefined;

  constructor(limit: number, compare: (a: T, b: T) => number) {
    this.#limit = limit;
    this.#compare = compare;
  }

  offer(item: T): void {
    if (this.#worst !== undefined && this.#compare(item, this.#worst) >= 0) return;
    this.#items.push(item);
    if (this.#items.length >= 2 * this.#limit) this.#cut();
  }

  sorted(): T[] {
    this.#cut();
    return this.#items;
  }

  #cut(): void {
    this.#items = this.#items.sort(this.#compare).slice(0, this.#limit);
    this.#worst = this.#items.at(-1);
  }
}
