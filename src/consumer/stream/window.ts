import { ageOf, comparison, matches, type Query, type Rank, rankOf } from '../query.ts';
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
  readonly #compare: (a: Rank, b: Rank) => number;
  #ranks: Rank[] = [];
  readonly #byKey = new Map<string, Rank>();
  #filledAt = 0;
  #matched = 0;
  #total = 0;
  /** What has changed since it began to be filled; undefined while it is not. */
  #meanwhile: Map<string, Rank | undefined> | undefined;

  constructor(source: Rows, query: Query) {
    this.#source = source;
    this.#query = query;
    this.#compare = comparison(query);
  }

  /** In their order. */
  get ranks(): readonly Rank[] {
    return this.#ranks;
  }

  get counts(): Counts {
    const total = this.#query.text === '' && this.#query.severity === 0 ? this.#matched : this.#total;
    return { shown: this.#ranks.length, matched: this.#matched, total: Math.max(total, this.#matched) };
  }

  /** True when there are rows outside that belong where others have gone. */
  get isShort(): boolean {
    return this.#ranks.length < Math.min(this.#matched, this.#query.limit);
  }

  /**
   * Looks at the whole report, and then puts in what has changed meanwhile. Until it resolves the window is as it was. True
   * when other rows are in it, or in another order, or have aged. `now` in ms since 1970. Precondition: it is not being filled.
   */
  async fill(now: number): Promise<boolean> {
    const meanwhile = new Map<string, Rank | undefined>();
    this.#meanwhile = meanwhile;
    const { ranks, matched, total } = await this.#source.rank(this.#query, now);
    this.#meanwhile = undefined;
    const hasAged = this.hasAged(now);
    const before = this.#keys();
    this.#filledAt = now;
    this.#matched = matched;
    this.#total = total;
    this.#ranks = ranks;
    this.#byKey.clear();
    for (const rank of ranks) this.#byKey.set(rank.key, rank);
    for (const [key, rank] of meanwhile) this.#replace(key, rank);
    return hasAged || this.#keys() !== before;
  }

  /** True when a row has become older than where it stands. */
  hasAged(now: number): boolean {
    return (
      this.#query.sort === 'activity' &&
      this.#ranks.some(({ changedAt }) => ageOf(changedAt, now) !== ageOf(changedAt, this.#filledAt))
    );
  }

  /** Puts a changed row where it belongs. Returns the keys of what has come, moved or left. */
  put(row: ShownRow): string[] {
    const rank = matches(row, this.#query) ? rankOf(row, this.#query, this.#filledAt) : undefined;
    return this.#take(row.key, rank);
  }

  /** Returns the key, when the row was there. */
  remove(key: string): string[] {
    return this.#take(key, undefined);
  }

  #take(key: string, rank: Rank | undefined): string[] {
    this.#meanwhile?.set(key, rank);
    return this.#replace(key, rank);
  }

  /** `rank`: undefined for a row that does not belong here. */
  #replace(key: string, rank: Rank | undefined): string[] {
    const { limit } = this.#query;
    const held = this.#byKey.get(key);
    if (held !== undefined) this.#cut(held);
    const left = held === undefined ? [] : [key];
    if (rank === undefined) return left;
    // Of a full window it is not known whether the row was outside before.
    if (held !== undefined || this.#ranks.length < limit) this.#matched += 1;
    const place = this.#placeOf(rank);
    if (place >= limit) return left;
    this.#ranks.splice(place, 0, rank);
    this.#byKey.set(key, rank);
    const out = this.#ranks.length > limit ? this.#ranks.pop() : undefined;
    if (out === undefined) return [key];
    this.#byKey.delete(out.key);
    return [key, out.key];
  }

  #cut(rank: Rank): void {
    this.#ranks.splice(this.#placeOf(rank), 1);
    this.#byKey.delete(rank.key);
    this.#matched -= 1;
  }

  /** Where it stands, or would stand. */
  #placeOf(rank: Rank): number {
    let [low, high] = [0, this.#ranks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#ranks[middle];
      if (other !== undefined && this.#compare(rank, other) > 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #keys(): string {
    return this.#ranks.map(({ key }) => key).join('\n');
  }
}
