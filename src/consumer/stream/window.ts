import { ageOf, comparison, matches, type Query } from '../query.ts';
import type { Rows, ShownRow } from '../rows.ts';

export interface Counts {
  shown: number;
  /** Rows that the filter lets through: exact when the window was filled, and as long as it has room for all of them. */
  matched: number;
  total: number;
}

/** The rows that a client sees: the first of its query, kept in order as single rows change. */
export class Window {
  readonly #source: Rows;
  readonly #query: Query;
  #rows: ShownRow[] = [];
  #compare: (a: ShownRow, b: ShownRow) => number;
  #filledAt = 0;
  #matched = 0;
  #total = 0;

  constructor(source: Rows, query: Query) {
    this.#source = source;
    this.#query = query;
    this.#compare = comparison(query, 0);
  }

  get rows(): readonly ShownRow[] {
    return this.#rows;
  }

  /** Those of its rows, in their order, as one text. */
  keys(): string {
    return this.#rows.map(({ key }) => key).join('\n');
  }

  get counts(): Counts {
    const total = this.#query.text === '' && this.#query.severity === 0 ? this.#matched : this.#total;
    return { shown: this.#rows.length, matched: this.#matched, total: Math.max(total, this.#matched) };
  }

  /** True when there are rows outside that belong where others have gone. */
  get isShort(): boolean {
    return this.#rows.length < Math.min(this.#matched, this.#query.limit);
  }

  /** Looks at the whole report. `now` in ms since 1970. */
  fill(now: number): void {
    const selection = this.#source.select(this.#query, now);
    this.#compare = comparison(this.#query, now);
    this.#filledAt = now;
    this.#matched = selection.matched;
    this.#total = selection.total;
    this.#rows = selection.rows;
  }

  /** True when a row has become older than where it stands. */
  hasAged(now: number): boolean {
    return (
      this.#query.sort === 'activity' &&
      this.#rows.some(({ changedAt }) => ageOf(changedAt, now) !== ageOf(changedAt, this.#filledAt))
    );
  }

  /** Puts a changed row where it belongs. Returns the keys of what has come, moved or left. */
  put(row: ShownRow): string[] {
    const left = this.remove(row.key);
    const wasThere = left.length > 0;
    if (!matches(row, this.#query)) return left;
    const { limit } = this.#query;
    // Of a full window it is not known whether the row was outside before.
    if (wasThere || this.#rows.length < limit) this.#matched += 1;
    this.#rows.splice(this.#placeOf(row), 0, row);
    const out = this.#rows.length > limit ? this.#rows.pop() : undefined;
    if (out?.key === row.key) return left;
    return out === undefined ? [row.key] : [row.key, out.key];
  }

  /** Returns the key, when the row was there. */
  remove(key: string): string[] {
    const index = this.#rows.findIndex((row) => row.key === key);
    if (index < 0) return [];
    this.#rows.splice(index, 1);
    this.#matched -= 1;
    return [key];
  }

  #placeOf(row: ShownRow): number {
    let [low, high] = [0, this.#rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#rows[middle];
      if (other !== undefined && this.#compare(row, other) > 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
