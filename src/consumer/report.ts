import avro from 'avsc';
import { recordType } from '../common/avro.ts';
import { isFloor, type ReportEntry } from '../common/event.ts';
import { allSources, isBelow, isSameState, merge } from './merge.ts';
import { PackedMap } from './packed-map.ts';

/** What the topic says of a row beside the entry itself. */
interface Head {
  /** The topic's partition that holds the row, and the offset of the newest record about it that is known. */
  partition: number;
  offset: number;
  /** When the row last changed, ms since 1970, by the clock of the consumer that wrote it: sensors' clocks may be off. */
  changedAt: number;
}

export interface Row extends Head {
  entry: ReportEntry;
}

/** A record of the report topic; a null entry removes the row. */
export interface ReportRecord extends Head {
  key: string;
  entry: ReportEntry | null;
}

const headFields = [
  { name: 'partition', type: 'int' },
  { name: 'offset', type: 'long' },
  { name: 'changedAt', type: 'long' },
];
const headType = avro.Type.forSchema({ type: 'record', name: 'Head', fields: headFields });
const rowType = avro.Type.forSchema({
  type: 'record',
  name: 'Row',
  fields: [...headFields, { name: 'entry', type: recordType('report-entry') }],
});

/** The key of a row. */
export function rowKey({ sensor, source }: { sensor: string; source: string }): string {
  return `${sensor}/${source}`;
}

/** The inverse of `rowKey`. */
export function sourceOf(key: string): { sensor: string; source: string } {
  const end = key.indexOf('/');
  return { sensor: key.slice(0, end), source: key.slice(end + 1) };
}

/** The key of a row's or floor's records. A floor under all sources is there once in each partition. */
export function keyOf({ sensor, source }: { sensor: string; source: string }, partition: number): string {
  const key = rowKey({ sensor, source });
  return source === allSources ? `${key}/${partition}` : key;
}

/** The report in memory: what the topic says, as of the newest record seen. */
export class Report {
  readonly #rows = new PackedMap<Row>(rowType);
  /** Rows that the topic states wrongly: its newest record about them is older than the row, or below a floor. */
  readonly #outdated = new Set<string>();
  /** Keys of rows that have changed since they were last asked for. */
  #changed = new Set<string>();
  /** Offsets of removals that this instance has written and not read yet: what they removed may yet be read before them. */
  readonly #removals = new Map<string, number>();
  /** Sensors of which all sources have been reset once: of others no floor has to be looked for. */
  readonly #resetSensors = new Set<string>();
  /** Seconds without a change after which a row is to be removed. */
  readonly expiry: number;

  constructor(expiry: number) {
    this.expiry = expiry;
  }

  /** Rows and floors. */
  get size(): number {
    return this.#rows.size;
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  /** True when the row is what just this record says: what this instance has written need not be decoded to be known. */
  isFrom(key: string, { partition, offset }: Pick<Head, 'partition' | 'offset'>): boolean {
    const head = this.#rows.head<Head>(key, headType);
    return head?.partition === partition && head.offset === offset;
  }

  /** What people are shown. */
  *entries(): Generator<ReportEntry> {
    for (const [, row] of this.#rows) if (this.#isShown(row)) yield row.entry;
  }

  /** What people are shown under a key. */
  shown(key: string): ReportEntry | undefined {
    const row = this.#rows.get(key);
    return row !== undefined && this.#isShown(row) ? row.entry : undefined;
  }

  /** The keys of all that has changed, or is gone, since the last call. */
  takeChanged(): ReadonlySet<string> {
    const changed = this.#changed;
    this.#changed = new Set();
    return changed;
  }

  /** True when a reset of all sources has put an end to the row. */
  isCleared({ entry, partition }: Pick<Row, 'entry' | 'partition'>): boolean {
    if (!this.#resetSensors.has(entry.sensor)) return false;
    const floor = this.#rows.get(keyOf({ sensor: entry.sensor, source: allSources }, partition));
    return floor !== undefined && isBelow(entry, floor.entry);
  }

  /** True when the row is to be removed: it has not changed for the time of expiry, or is cleared. `now` in ms since 1970. */
  isOver(row: Pick<Row, 'entry' | 'partition' | 'changedAt'>, now: number): boolean {
    return row.changedAt + this.expiry * 1000 < now || this.isCleared(row);
  }

  /** The keys of the rows that a floor under all sources of a partition puts an end to. */
  *clearedBy(floor: ReportEntry, partition: number): Generator<string> {
    for (const [key, head] of this.#heads()) {
      if (head.partition !== partition || !key.startsWith(`${floor.sensor}/`)) continue;
      const row = this.#rows.get(key);
      if (row !== undefined && isBelow(row.entry, floor)) yield key;
    }
  }

  rows(): Iterable<[string, Row]> {
    return this.#rows;
  }

  /** Of rows and floors. */
  keys(): Iterable<string> {
    return this.#rows.keys();
  }

  /** The keys of rows that have not changed since `time`, ms since 1970. */
  *unchangedSince(time: number): Generator<string> {
    for (const [key, { changedAt }] of this.#heads()) if (changedAt < time) yield key;
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
   * So does one that says more than what this instance itself has written behind it, be it a removal, without having read it yet.
   * A removal is always another writer's when this instance owns the partition: its own are put in first.
   * Returns the keys of the rows that it puts an end to, when it is a reset of all sources.
   */
  read(record: ReportRecord, isOwner: boolean): string[] {
    const held = this.#rows.get(record.key);
    const known = Math.max(
      this.#takeRemoval(record),
      held?.partition === record.partition ? held.offset : -1,
    );
    const isPassed = record.offset <= known;

    if (record.entry === null) {
      if (held === undefined || isPassed) return [];
      if (isOwner) this.#outdated.add(record.key);
      else this.#remove(record.key);
      return [];
    }
    if (isPassed && held === undefined && this.isOver({ ...record, entry: record.entry }, Date.now()))
      return [];
    const entry = merge(held?.entry, record.entry);
    if (isPassed && entry === held?.entry) return [];
    const isWhole = !isPassed && isSameState(entry, record.entry);
    if (isWhole) this.#outdated.delete(record.key);
    else this.#outdated.add(record.key);
    const changedAt = isWhole || held === undefined ? record.changedAt : held.changedAt;
    const row = { entry, partition: record.partition, offset: Math.max(known, record.offset), changedAt };
    this.#rows.set(record.key, row);
    this.#changed.add(record.key);
    if (this.isCleared(row)) this.#outdated.add(record.key);
    if (entry.source !== allSources) return [];
    this.#resetSensors.add(entry.sensor);
    const cleared = [...this.clearedBy(entry, record.partition)];
    for (const key of cleared) {
      this.#outdated.add(key);
      this.#changed.add(key);
    }
    return cleared;
  }

  /** Takes in a record that this instance has written. */
  written(record: ReportRecord): void {
    if (record.entry !== null) {
      this.read(record, true);
      return;
    }
    const held = this.#rows.get(record.key);
    if (held?.partition === record.partition && record.offset < held.offset) return;
    this.#removals.set(record.key, record.offset);
    if (held === undefined || this.isOver(held, Date.now())) {
      this.#remove(record.key);
    } else {
      this.#rows.set(record.key, { ...held, offset: record.offset });
      this.#outdated.add(record.key);
    }
  }

  /** The topic lost what was in it, and its offsets begin anew: every row is to be written again. */
  startOver(): void {
    this.#removals.clear();
    for (const [key, row] of this.#rows) {
      this.#rows.set(key, { ...row, offset: -1 });
      this.#outdated.add(key);
    }
  }

  /** The offset of the removal that this instance has written, until that is read; -1: none. */
  #takeRemoval({ key, offset }: ReportRecord): number {
    const removal = this.#removals.get(key) ?? -1;
    if (offset >= removal) this.#removals.delete(key);
    return removal;
  }

  #heads(): Iterable<[string, Head]> {
    return this.#rows.heads(headType);
  }

  #isShown(row: Row): boolean {
    return !isFloor(row.entry) && !this.isCleared(row);
  }

  #remove(key: string): void {
    this.#rows.delete(key);
    this.#changed.add(key);
    this.#outdated.delete(key);
  }
}
