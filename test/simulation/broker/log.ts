import type { IHeaders } from 'kafkajs';

export interface Written {
  key: Buffer | null;
  value: Buffer | null;
  headers: IHeaders;
  /** ms since 1970. */
  timestamp: number;
}

export interface Stored extends Written {
  offset: number;
  /** `hidden`: aborted, or the mark that ends a transaction. */
  state: 'open' | 'committed' | 'hidden';
  batch: { firstOffset: string; lastOffsetDelta: number };
  /** The process that wrote it. */
  writer: string;
}

interface Waiter {
  from: number;
  wake: () => void;
}

/** One partition of a topic. */
export class PartitionLog {
  readonly isCompacted: boolean;
  #records: Stored[] = [];
  #end = 0;
  #open = 0;
  #waiters: Waiter[] = [];
  /** Called with each committed record, at once or when its transaction commits. */
  onCommitted: (record: Stored) => void = () => {};

  constructor(isCompacted: boolean) {
    this.isCompacted = isCompacted;
  }

  get end(): number {
    return this.#end;
  }

  /** Everything before is decided: where those stop who read only what is committed. */
  get stableEnd(): number {
    if (this.#open === 0) return this.#end;
    return this.#records.find(({ state }) => state === 'open')?.offset ?? this.#end;
  }

  /** What has not been compacted away. */
  get records(): readonly Stored[] {
    return this.#records;
  }

  /** Returns the new records; those of a transaction stay open until `decide`. */
  append(batch: readonly Written[], writer: string, state: Stored['state'] = 'committed'): Stored[] {
    const context = { firstOffset: String(this.#end), lastOffsetDelta: batch.length - 1 };
    const stored = batch.map((each, index) => ({
      ...each,
      state,
      writer,
      offset: this.#end + index,
      batch: context,
    }));
    this.#end += batch.length;
    this.#records.push(...stored);
    if (state === 'open') this.#open += stored.length;
    if (state === 'committed') stored.forEach(this.onCommitted);
    this.#wake();
    return stored;
  }

  /** Ends a transaction: its records become visible or are hidden, and a mark follows. */
  decide(records: readonly Stored[], isCommitted: boolean, now: number): void {
    for (const record of records) record.state = isCommitted ? 'committed' : 'hidden';
    this.#open -= records.length;
    if (isCommitted) records.forEach(this.onCommitted);
    this.append([{ key: null, value: null, headers: {}, timestamp: now }], 'broker', 'hidden');
  }

  /** At most so many records from an offset on that are decided, the hidden ones too. */
  read(from: number, limit: number): Stored[] {
    const end = this.stableEnd;
    const first = this.#records.findIndex(({ offset }) => offset >= from);
    if (first < 0) return [];
    return this.#records.slice(first, first + limit).filter(({ offset }) => offset < end);
  }

  /** Has `wake` called once when something is there to be read from an offset on. Returns how to call it off. */
  await(from: number, wake: () => void): () => void {
    const waiter = { from, wake };
    this.#waiters.push(waiter);
    return () => {
      this.#waiters = this.#waiters.filter((each) => each !== waiter);
    };
  }

  /** Removes what is decided and replaced by a newer record with its key. */
  compact(): void {
    if (!this.isCompacted) return;
    const end = this.stableEnd;
    const newest = new Map<string, number>();
    for (const { key, offset, state } of this.#records) {
      if (state === 'committed' && offset < end) newest.set(String(key), offset);
    }
    this.#records = this.#records.filter(
      ({ key, offset, state }) =>
        state !== 'committed' || offset >= end || offset >= (newest.get(String(key)) ?? 0),
    );
  }

  #wake(): void {
    const end = this.stableEnd;
    for (const { from, wake } of this.#waiters) if (from < end) wake();
  }
}
