import type { ReportEntry } from '../common/event.ts';
import { allSources } from './merge.ts';
import { Report, type ReportRecord } from './report.ts';

/** What may have changed: a row's key, and what was said of it; null when that was its end. */
export interface Change {
  key: string;
  entry: ReportEntry | null;
  /** ms since 1970, by a consumer's clock. */
  changedAt: number;
}

/** A report that tells at once what may have changed. */
export class LiveReport extends Report {
  readonly #listeners: ((change: Change) => void)[] = [];

  /** Listeners must be quick, and must not throw: they are called for every record. */
  onChange(listener: (change: Change) => void): void {
    this.#listeners.push(listener);
  }

  override read(record: ReportRecord, isOwner: boolean): string[] {
    const cleared = super.read(record, isOwner);
    this.#tell(record, cleared);
    return cleared;
  }

  override written(record: ReportRecord): void {
    super.written(record);
    if (record.entry === null) this.#tell(record, []); // all else is taken in by `read`
  }

  #tell({ key, entry, changedAt }: ReportRecord, cleared: readonly string[]): void {
    for (const gone of cleared) this.#tellOne(gone, null, changedAt);
    const isKept = entry === null && this.get(key) !== undefined; // an owner does not believe every removal
    if (entry?.source !== allSources && !isKept) this.#tellOne(key, entry, changedAt);
  }

  #tellOne(key: string, entry: ReportEntry | null, changedAt: number): void {
    for (const listener of this.#listeners) listener({ key, entry, changedAt });
  }
}
