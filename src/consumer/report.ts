import type { ReportEntry } from '../common/event.ts';
import { isSameState, merge } from './merge.ts';

export interface Row {
  entry: ReportEntry;
  /** The topic's partition that holds the row, and the offset of the newest record about it that is known. */
  partition: number;
  offset: bigint;
  /** When the row last changed, ms since 1970, by the clock of the consumer that wrote it: sensors' clocks may be off. */
  changedAt: number;
}

/** A record of the report topic; a null entry removes the row. */
export interface ReportRecord {
  key: string;
  entry: ReportEntry | null;
  partition: number;
  offset: bigint;
  changedAt: number;
}

/** The key of a row and of its records. */
export function keyOf({ sensor, source }: { sensor: string; source: string }): string {
  return `${sensor}/${source}`;
}

/** The report in memory: what the topic says, as of the newest record seen. */
export class Report {
  readonly #rows = new Map<string, Row>();
  /** Rows that the topic states wrongly: its newest record about them is older than the row. */
  readonly #outdated = new Set<string>();

  get size(): number {
    return this.#rows.size;
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  *entries(): Generator<ReportEntry> {
    for (const { entry } of this.#rows.values()) yield entry;
  }

  rows(): Iterable<[string, Row]> {
    return this.#rows;
  }

  outdated(): Iterable<string> {
    return this.#outdated;
  }

  isOutdated(key: string): boolean {
    return this.#outdated.has(key);
  }

  /**
   * Takes in a record that was read. A record that says less than what is held, from a writer that no longer owns the
   * partition, does not take the row back: the row becomes outdated in the topic, for its owner to write again.
   * A removal is always another writer's when this instance owns the partition: its own are put in first.
   */
  read(record: ReportRecord, isOwner: boolean): void {
    const held = this.#rows.get(record.key);
    if (held !== undefined && held.partition === record.partition && record.offset <= held.offset) return;

    if (record.entry === null) {
      if (held === undefined) return;
      if (isOwner) this.#outdated.add(record.key);
      else this.#remove(record.key);
      return;
    }
    const entry = merge(held?.entry, record.entry);
    const isWhole = isSameState(entry, record.entry);
    if (isWhole) this.#outdated.delete(record.key);
    else this.#outdated.add(record.key);
    const changedAt = isWhole || held === undefined ? record.changedAt : held.changedAt;
    this.#rows.set(record.key, { entry, partition: record.partition, offset: record.offset, changedAt });
  }

  /** Takes in a record that this instance has written. */
  written(record: ReportRecord): void {
    if (record.entry !== null) {
      this.read(record, true);
      return;
    }
    const held = this.#rows.get(record.key);
    const isOvertaken =
      held !== undefined && held.partition === record.partition && record.offset < held.offset;
    if (!isOvertaken) this.#remove(record.key);
  }

  /** The topic lost what was in it, and its offsets begin anew: every row is to be written again. */
  startOver(): void {
    for (const [key, row] of this.#rows) {
      row.offset = -1n;
      this.#outdated.add(key);
    }
  }

  #remove(key: string): void {
    this.#rows.delete(key);
    this.#outdated.delete(key);
  }
}
