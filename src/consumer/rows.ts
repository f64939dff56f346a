import { isFloor, type ReportEntry } from '../common/event.ts';
import { type Severity, severity } from './alerts/severity.ts';
import { describeRow } from './alerts/words.ts';
import { Best } from './best.ts';
import type { LiveReport } from './live-report.ts';
import { comparison, matches, type Query, type Rank, rankOf } from './query.ts';
import type { Row } from './report.ts';
import { inPortions } from './turns.ts';
import { SharedWalk } from './walk.ts';

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

export interface Counts {
  /** Rows that the query's filter lets through. */
  matched: number;
  /** All that are shown. */
  total: number;
}

export interface Selection extends Counts {
  /** In the order of the query, at most as many as its limit. */
  rows: ShownRow[];
}

export interface Ranking extends Counts {
  /** In the order of the query, at most as many as its limit. */
  ranks: Rank[];
}

/**
 * The report as people are shown it. Looking at all of it is done in portions, in between of which it may change: then a
 * row stands where it belonged when the walk came past, one that comes meanwhile may be missing, and one that goes is.
 * None is there twice.
 */
export class Rows {
  readonly #report: LiveReport;
  readonly #isKnown: (source: string) => boolean;
  readonly #walk = new SharedWalk(() => this.#all());
  /** The keys of what has gone since the walk under way has begun: it would come past those that come again. */
  #gone = new Set<string>();

  constructor(report: LiveReport, isKnown: (source: string) => boolean) {
    this.#report = report;
    this.#isKnown = isKnown;
    report.onChange(({ key, entry }) => {
      if (entry === null && this.#walk.isUnderWay) this.#gone.add(key);
    });
  }

  get(key: string): ShownRow | undefined {
    const row = this.#report.get(key);
    return row === undefined ? undefined : this.#shown(key, row);
  }

  /** The first rows of a query, as they are at the end. All at once: they should be few. */
  async select(query: Query, now = Date.now()): Promise<Selection> {
    const { ranks, ...counts } = await this.rank(query, now);
    return { rows: [...this.matching(ranks, query)], ...counts };
  }

  /** `now` in ms since 1970, for orders that go by age. `isWanted`: of those that the query lets through. */
  async rank(
    query: Query,
    now = Date.now(),
    isWanted: (row: ShownRow) => boolean = () => true,
  ): Promise<Ranking> {
    const best = new Best<Rank>(query.limit, comparison(query));
    const counts = { matched: 0, total: 0 };
    await this.#walk.visit((row) => {
      counts.total += 1;
      if (!matches(row, query) || !isWanted(row)) return;
      counts.matched += 1;
      best.offer(rankOf(row, query, now));
    });
    const ranks: Rank[] = [];
    for await (const portion of inPortions(best.lastFirst())) ranks.push(...portion);
    return { ranks: ranks.reverse(), ...counts };
  }

  /** The rows of ranks, as they are now, without those that are gone or do not match any more. */
  *matching(ranks: Iterable<Rank>, query: Query): Generator<ShownRow> {
    for (const { key } of ranks) {
      const row = this.get(key);
      if (row !== undefined && matches(row, query)) yield row;
    }
  }

  /** Undefined in the place of each that is not shown: looking at these takes time, too. */
  *#all(): Generator<ShownRow | undefined> {
    this.#gone = new Set();
    for (const [key, row] of this.#report.rows())
      yield this.#gone.has(key) ? undefined : this.#shown(key, row);
  }

  #shown(key: string, row: Row): ShownRow | undefined {
    const { entry, changedAt } = row;
    if (isFloor(entry) || this.#report.isCleared(row)) return undefined;
    const isKnown = this.#isKnown(entry.source);
    return { key, entry, severity: severity(entry, { isKnown }), isKnown, changedAt };
  }
}

/** A row as the API tells it. */
export function apiRow({ entry, severity: grade, isKnown }: ShownRow) {
  return { ...entry, severity: grade, summary: describeRow(entry, { isKnown }) };
}
