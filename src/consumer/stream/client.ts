import type { Writable } from 'node:stream';
import { ageOf, type Query } from '../query.ts';
import { apiRow, type Rows, type ShownRow } from '../rows.ts';
import { type Message, Outlet } from './outlet.ts';
import { type Placed, Window } from './window.ts';

/** Keys that wait for a slow client; with more it gets a new snapshot instead. */
const longestBacklog = 500;
/** A client that takes nothing for so long is let go; ms. */
const longestPause = 30_000;

/** The whole report is looked at anew after so many times the time that it took last: of a large one that is long. */
const restFactor = 50;

/** A row's markup, where the client wants that. */
export type Draw = (row: ShownRow) => string;

interface Options {
  rows: Rows;
  query: Query;
  /** Undefined: the client gets rows as /api/report has them. */
  draw: Draw | undefined;
  response: Writable;
  /** The id of all that has been told to clients so far. */
  id: () => string;
}

/** One client of the stream: what it sees, and what it is still to be told. */
export class StreamClient {
  readonly #options: Options;
  readonly #window: Window;
  readonly #outlet: Outlet;
  readonly #backlog = new Set<string>();
  #needsSnapshot = false;
  #lastStatus = '';
  #hasChanged = false;
  #nextRefresh = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#window = new Window(options.rows, options.query);
    this.#outlet = new Outlet(options.response, () => this.#catchUp());
  }

  /** True when its status is markup. */
  get isDrawn(): boolean {
    return this.#options.draw !== undefined;
  }

  /** Begins with what has changed since the client left, or, where that is not known, with all it sees. */
  begin(changedSince: ReadonlySet<string> | undefined): void {
    if (changedSince === undefined) this.#snapshot();
    else this.#resume(changedSince);
  }

  /** Takes in rows that have changed; undefined for one that is gone. */
  take(changed: ReadonlyMap<string, ShownRow | undefined>): void {
    this.#hasChanged = true;
    if (!this.#outlet.isFull) {
      this.#sendRows(changed.keys(), (key) => changed.get(key));
      return;
    }
    for (const key of changed.keys()) this.#backlog.add(key);
    if (this.#backlog.size <= longestBacklog) return;
    this.#backlog.clear();
    this.#needsSnapshot = true;
  }

  /** Says how the sensors are, unless it has said so. */
  status(data: unknown): void {
    const text = JSON.stringify(data);
    if (text === this.#lastStatus || this.#outlet.isFull) return;
    this.#lastStatus = text;
    this.#send({ event: 'status', data });
  }

  heartbeat(): void {
    if (!this.#outlet.isFull) this.#send({ event: 'heartbeat', data: {} });
  }

  /** Counts anew, and puts right what only time or rows outside of the window have changed. */
  refresh(now: number): void {
    if (this.#outlet.isFull) {
      if (this.#outlet.fullFor(now) > longestPause) this.close();
      return;
    }
    if (now < this.#nextRefresh) return;
    const hasAged = this.#window.hasAged(now);
    if (!hasAged && !this.#hasChanged) return;
    const before = this.#window.rows.map(({ key }) => key).join();
    this.#fill(now);
    if (hasAged || this.#window.rows.map(({ key }) => key).join() !== before) this.#sendWindow(now);
    else this.#send({ event: 'counts', data: this.#window.counts });
  }

  close(): void {
    this.#outlet.close();
  }

  #catchUp(): void {
    if (this.#needsSnapshot) {
      this.#snapshot();
      return;
    }
    const keys = [...this.#backlog];
    this.#backlog.clear();
    if (keys.length > 0) this.#sendRows(keys, (key) => this.#options.rows.get(key));
  }

  #snapshot(): void {
    const now = Date.now();
    this.#fill(now);
    this.#sendWindow(now);
  }

  #fill(now: number): void {
    this.#needsSnapshot = false;
    this.#hasChanged = false;
    this.#window.fill(now);
    this.#nextRefresh = now + restFactor * (Date.now() - now);
  }

  #sendWindow(now: number): void {
    const rows = this.#window.rows.map((row) => this.#tell({ row, before: null }, now));
    this.#send({ event: 'snapshot', data: { rows, ...this.#window.counts } });
  }

  /** From the last row up, so that each is placed before one that the client has. What it has too much, it cuts off. */
  #resume(changed: ReadonlySet<string>): void {
    const now = Date.now();
    this.#fill(now);
    const gone = new Set(changed);
    const placed: Placed[] = [];
    let before: string | null = null;
    for (const row of this.#window.rows.toReversed()) {
      if (gone.delete(row.key)) placed.push({ row, before });
      before = row.key;
    }
    this.#sendPlaced(placed, gone, now);
  }

  #sendRows(keys: Iterable<string>, rowOf: (key: string) => ShownRow | undefined): void {
    const placed: Placed[] = [];
    const gone = new Set<string>();
    for (const key of keys) {
      const row = rowOf(key);
      if (row === undefined) {
        if (this.#window.remove(key)) gone.add(key);
        continue;
      }
      const outcome = this.#window.put(row);
      if (outcome.placed !== undefined) {
        gone.delete(key);
        placed.push(outcome.placed);
      }
      if (outcome.out !== undefined) gone.add(outcome.out);
    }
    if (this.#window.isShort) this.#snapshot();
    else if (placed.length + gone.size > 0) this.#sendPlaced(placed, gone, Date.now());
  }

  /** The client places the rows in this order, and only then removes: a row's `before` may be on its way out. */
  #sendPlaced(placed: readonly Placed[], gone: ReadonlySet<string>, now: number): void {
    const rows = placed.map((each) => this.#tell(each, now));
    this.#send({ event: 'rows', data: { rows, gone: [...gone], ...this.#window.counts } });
  }

  #tell({ row, before }: Placed, now: number) {
    const { query, draw } = this.#options;
    const group = query.sort === 'activity' ? ageOf(row.changedAt, now) : 0;
    const what = draw === undefined ? { row: apiRow(row) } : { html: draw(row) };
    return { key: row.key, group, before, ...what };
  }

  #send(message: Message): void {
    this.#outlet.send({ ...message, id: this.#options.id() });
  }
}
