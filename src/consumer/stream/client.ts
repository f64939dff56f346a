import type { Writable } from 'node:stream';
import { ageOf, type Query } from '../query.ts';
import { apiRow, type Rows, type ShownRow } from '../rows.ts';
import { Outlet } from './outlet.ts';
import { type Placed, Window } from './window.ts';

/** Keys that wait for a client; with more it gets a new snapshot instead. */
const longestBacklog = 500;
/** A client is given so long for each row, to draw it; ms. So a worm with thousands of sources does not stop a browser. */
const timePerRow = 1;
/** With more rows than this at once, those that are pushed out again at once are not worth telling: the client gets its window. */
const mostSingle = 100;
/** A client that takes nothing for so long is let go; ms. */
const longestPause = 30_000;

/**
 * After a look at the whole report, which takes long when it is large, the next one waits for so many times as long: when rows
 * have to be filled in, and when only counts may be out of date.
 */
const restFactor = 5;
const longRestFactor = 50;

/** A row's markup, where the client wants that. */
export type Draw = (row: ShownRow) => string;

interface Options {
  rows: Rows;
  query: Query;
  /** Undefined: the client gets rows as /api/report has them. */
  draw: Draw | undefined;
  response: Writable;
  /** The id of all that clients have been told so far. */
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
  #fillTime = 0;
  #resting: NodeJS.Timeout | undefined;

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
    if (!this.#isBusy) {
      this.#sendRows(changed.keys(), (key) => changed.get(key));
      return;
    }
    for (const key of changed.keys()) this.#backlog.add(key);
    if (this.#backlog.size <= longestBacklog) return;
    this.#backlog.clear();
    this.#needsSnapshot = true;
  }

  /** So much has changed that it is not worth telling one by one. */
  takeAnew(): void {
    this.#hasChanged = true;
    this.#needsSnapshot = true;
    this.#catchUp();
  }

  /** Says how the sensors are, unless it has said so. */
  status(data: unknown): void {
    const text = JSON.stringify(data);
    if (text === this.#lastStatus || this.#outlet.isFull) return;
    this.#lastStatus = text;
    this.#outlet.send({ event: 'status', data });
  }

  heartbeat(): void {
    if (!this.#outlet.isFull) this.#outlet.send({ event: 'heartbeat', data: {} });
  }

  /** Counts anew, and puts right what only time or rows outside of the window have changed. */
  refresh(now: number): void {
    if (this.#outlet.fullFor(now) > longestPause) this.close();
    if (this.#isBusy || now < this.#nextRefresh) return;
    const hasAged = this.#window.hasAged(now);
    if (!hasAged && !this.#hasChanged) return;
    const before = this.#window.rows.map(({ key }) => key).join();
    this.#fill(now);
    if (hasAged || this.#window.rows.map(({ key }) => key).join() !== before) this.#sendWindow(now);
    else this.#outlet.send({ event: 'counts', data: this.#window.counts });
  }

  close(): void {
    clearTimeout(this.#resting);
    this.#outlet.close();
  }

  /** While it is, what changes waits. */
  get #isBusy(): boolean {
    return this.#outlet.isFull || this.#resting !== undefined;
  }

  #rest(ms: number): void {
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => {
      this.#resting = undefined;
      this.#catchUp();
    }, ms);
  }

  #catchUp(): void {
    if (this.#isBusy) return;
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
    this.#fillTime = Date.now() - now;
    this.#nextRefresh = now + longRestFactor * this.#fillTime;
  }

  #sendWindow(now: number): void {
    const rows = this.#window.rows.map((row) => this.#tell({ row, before: null }, now));
    this.#sendRowsOf('snapshot', { rows });
    this.#rest(Math.max(timePerRow * rows.length, restFactor * this.#fillTime));
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
    else if (placed.length > mostSingle) this.#sendWindow(Date.now());
    else if (placed.length + gone.size > 0) this.#sendPlaced(placed, gone, Date.now());
  }

  /** The client places the rows in this order, and only then removes: a row's `before` may be on its way out. */
  #sendPlaced(placed: readonly Placed[], gone: ReadonlySet<string>, now: number): void {
    const rows = placed.map((each) => this.#tell(each, now));
    this.#sendRowsOf('rows', { rows, gone: [...gone] });
    this.#rest(timePerRow * rows.length);
  }

  #tell({ row, before }: Placed, now: number) {
    const { query, draw } = this.#options;
    const group = query.sort === 'activity' ? ageOf(row.changedAt, now) : 0;
    const what = draw === undefined ? { row: apiRow(row) } : { html: draw(row) };
    return { key: row.key, group, before, ...what };
  }

  /** Only what tells of rows has an id: with the others some may be waiting. */
  #sendRowsOf(event: 'snapshot' | 'rows', data: object): void {
    this.#outlet.send({ event, data: { ...data, ...this.#window.counts }, id: this.#options.id() });
  }
}
