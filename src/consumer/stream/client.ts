import type { Writable } from 'node:stream';
import { ageOf, type Query } from '../query.ts';
import { apiRow, type Rows, type ShownRow } from '../rows.ts';
import { Outlet } from './outlet.ts';
import { Window } from './window.ts';

/** With more keys than this waiting, a client gets its whole window. */
const mostUntold = 500;
/** A client is given so long for each row, to draw it; ms. So a worm with thousands of sources does not stop a browser. */
const timePerRow = 0.25;
/**
 * After a look at the whole report, which takes long when it is large, the next one waits for so many times as long: when rows
 * have to be filled in, and when only counts may be out of date.
 */
const restFactor = 5;
const longRestFactor = 50;
/** A client that takes nothing for so long is let go; ms. */
const longestPause = 30_000;

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

/** One client of the stream: what it is to see, and what of that it has not been told. */
export class StreamClient {
  readonly #options: Options;
  readonly #window: Window;
  readonly #outlet: Outlet;
  /** The rows that have changed, come or gone: not more than `mostUntold`. */
  #untold = new Set<string>();
  #needsWindow = false;
  #needsFill = false;
  #hasChanged = false;
  /** How long it took to fill the window last, and when counts may be refreshed again; ms. */
  #fillTime = 0;
  #nextRefresh = 0;
  #resting: NodeJS.Timeout | undefined;
  #lastStatus = '';

  constructor(options: Options) {
    this.#options = options;
    this.#window = new Window(options.rows, options.query);
    this.#outlet = new Outlet(options.response, () => this.#tell());
  }

  /** True when its status is markup. */
  get isDrawn(): boolean {
    return this.#options.draw !== undefined;
  }

  /** Begins with what has changed since the client left, or, where that is not known, with all it sees. */
  begin(changedSince: ReadonlySet<string> | undefined): void {
    this.#fill(Date.now());
    if (changedSince === undefined) this.#sendWindow();
    else this.#sendRows(changedSince);
  }

  /** Takes in rows that have changed; undefined for one that is gone. */
  take(changed: ReadonlyMap<string, ShownRow | undefined>): void {
    this.#hasChanged = true;
    for (const [key, row] of changed) {
      const moved = row === undefined ? this.#window.remove(key) : this.#window.put(row);
      for (const each of moved) this.#untold.add(each);
    }
    if (this.#untold.size > mostUntold) {
      this.#untold.clear();
      this.#needsWindow = true;
    }
    this.#tell();
  }

  /** So much has changed that it is not worth taking in one by one. */
  takeAnew(): void {
    this.#hasChanged = true;
    this.#needsFill = true;
    this.#tell();
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
    const before = this.#window.keys();
    this.#fill(now);
    if (hasAged || this.#window.keys() !== before) this.#sendWindow();
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

  #tell(): void {
    if (this.#isBusy) return;
    if (this.#needsFill || this.#window.isShort) {
      this.#fill(Date.now());
      this.#sendWindow();
      this.#rest(timePerRow * this.#window.rows.length + restFactor * this.#fillTime);
    } else if (this.#needsWindow) this.#sendWindow();
    else if (this.#untold.size > 0) this.#sendRows(this.#untold);
  }

  #fill(now: number): void {
    this.#needsFill = false;
    this.#hasChanged = false;
    this.#window.fill(now);
    this.#fillTime = Date.now() - now;
    this.#nextRefresh = now + longRestFactor * this.#fillTime;
  }

  #sendWindow(): void {
    const rows = this.#window.rows.map((row) => this.#told(row, null));
    this.#send('snapshot', { rows });
    this.#rest(timePerRow * rows.length);
  }

  /** From the last row up, so that each is placed before one that the client has. */
  #sendRows(keys: ReadonlySet<string>): void {
    const gone = new Set(keys);
    const rows: object[] = [];
    let before: string | null = null;
    for (const row of this.#window.rows.toReversed()) {
      if (gone.delete(row.key)) rows.push(this.#told(row, before));
      before = row.key;
    }
    this.#send('rows', { rows, gone: [...gone] });
    this.#rest(timePerRow * rows.length);
  }

  #told(row: ShownRow, before: string | null): object {
    const { query, draw } = this.#options;
    const group = query.sort === 'activity' ? ageOf(row.changedAt, Date.now()) : 0;
    const what = draw === undefined ? { row: apiRow(row) } : { html: draw(row) };
    return { key: row.key, group, before, ...what };
  }

  /** Of all messages these have an id: with them nothing is untold. */
  #send(event: 'snapshot' | 'rows', data: object): void {
    this.#untold = new Set();
    this.#needsWindow = false;
    this.#outlet.send({ event, data: { ...data, ...this.#window.counts }, id: this.#options.id() });
  }

  #rest(ms: number): void {
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => {
      this.#resting = undefined;
      this.#tell();
    }, ms);
  }
}
