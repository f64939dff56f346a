import type { Writable } from 'node:stream';
import { ageOf, type Query, type Rank } from '../query.ts';
import type { Rows, ShownRow } from '../rows.ts';
import { turn } from '../turns.ts';
import { Outlet } from './outlet.ts';
import type { Texts } from './texts.ts';
import { Window } from './window.ts';

/** With more keys than this waiting, a client gets its whole window. */
const mostUntold = 500;
/** A client is given so long for each row, to draw it; ms. So a worm with thousands of sources does not stop a browser. */
const timePerRow = 0.25;
/**
 * After a look at the whole report, which takes long when it is large, the next one waits for so many times as long: when rows
 * have to be filled in, and when only counts may be out of date. What changes meanwhile does not wait.
 */
const restFactor = 5;
const longRestFactor = 50;
/** A client that takes nothing for so long is let go; ms. */
const longestPause = 30_000;

interface Options {
  rows: Rows;
  query: Query;
  texts: Texts;
  response: Writable;
  /** The id of all that clients have been told so far. */
  id: () => string;
}

/** One client of the stream: what it is to see, and what of that it has not been told. */
export class StreamClient {
  readonly texts: Texts;
  readonly #options: Options;
  readonly #window: Window;
  readonly #outlet: Outlet;
  /** The rows that have changed, come or gone: not more than `mostUntold`. */
  #untold = new Set<string>();
  #needsWindow = false;
  #needsFill = true;
  #isFilling = false;
  #isFilled = false;
  #hasChanged = false;
  /** When the window may be filled again, because rows are missing, or because counts may be wrong; ms since 1970. */
  #nextFill = 0;
  #nextRefresh = 0;
  #hasTurn = false;
  #resting: NodeJS.Timeout | undefined;
  /** For `#nextFill`. */
  #waiting: NodeJS.Timeout | undefined;
  #lastStatus = '';
  #isClosed = false;

  constructor(options: Options) {
    this.#options = options;
    this.texts = options.texts;
    this.#window = new Window(options.rows, options.query);
    this.#outlet = new Outlet(options.response, () => this.#tellInTurn());
  }

  /** Begins with what has changed since the client left, or, where that is not known, with all it sees. */
  begin(changedSince: ReadonlySet<string> | undefined): void {
    for (const key of changedSince ?? []) this.#untold.add(key);
    this.#needsWindow = changedSince === undefined;
    this.#tellInTurn();
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
    this.#tellInTurn();
  }

  /** So much has changed that it is not worth taking in one by one. */
  takeAnew(): void {
    this.#hasChanged = true;
    this.#needsFill = true;
    this.#tellInTurn();
  }

  /** Says how the sensors are, unless it has said so. */
  status(text: string): void {
    if (text === this.#lastStatus || this.#outlet.isFull) return;
    this.#lastStatus = text;
    this.#outlet.send('status', text);
  }

  heartbeat(): void {
    if (!this.#outlet.isFull) this.#outlet.send('heartbeat', '{}');
  }

  /** Counts anew, and puts right what only time or rows outside of the window have changed. */
  refresh(now: number): void {
    if (this.#outlet.fullFor(now) > longestPause) this.close();
    if (this.#outlet.isFull || this.#isFilling || now < this.#nextRefresh) return;
    if (this.#window.hasAged(now) || this.#hasChanged) void this.#fill();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#resting);
    clearTimeout(this.#waiting);
    this.#outlet.close();
  }

  /** Many clients are not told at once: the process has other things to do, too. */
  #tellInTurn(): void {
    if (this.#hasTurn || this.#outlet.isFull || this.#resting !== undefined) return;
    this.#hasTurn = true;
    void turn().then(() => {
      this.#hasTurn = false;
      if (!this.#isClosed && !this.#outlet.isFull) this.#tell();
    });
  }

  #tell(): void {
    if (this.#needsFill || this.#window.isShort) this.#fillWhenDue();
    if (!this.#isFilled) return;
    if (this.#needsWindow) this.#sendWindow();
    else if (this.#untold.size > 0) this.#sendRows(this.#untold);
  }

  #fillWhenDue(): void {
    if (this.#isFilling || this.#waiting !== undefined) return;
    const wait = this.#nextFill - Date.now();
    if (wait <= 0) void this.#fill();
    else
      this.#waiting = setTimeout(() => {
        this.#waiting = undefined;
        this.#tellInTurn();
      }, wait);
  }

  get #hasUntold(): boolean {
    return this.#needsWindow || this.#untold.size > 0;
  }

  /** What changes meanwhile is told as before. */
  async #fill(): Promise<void> {
    const begun = Date.now();
    this.#isFilling = true;
    this.#needsFill = false;
    this.#hasChanged = false;
    const isOther = await this.#window.fill(begun);
    const took = Date.now() - begun;
    this.#nextFill = begun + restFactor * took;
    this.#nextRefresh = begun + longRestFactor * took;
    this.#isFilling = false;
    if (isOther && this.#isFilled) this.#needsWindow = true;
    this.#isFilled = true;
    if (this.#isClosed) return;
    if (!this.#hasUntold && !this.#outlet.isFull)
      this.#outlet.send('counts', JSON.stringify(this.#window.counts));
    this.#tellInTurn();
  }

  #sendWindow(): void {
    const told = this.#window.ranks.flatMap((rank) => this.#told(rank, null) ?? []);
    this.#send('snapshot', `"rows":[${told.join()}]`);
    this.#rest(timePerRow * told.length);
  }

  /** From the last row up, so that each is placed before one that the client has. */
  #sendRows(keys: ReadonlySet<string>): void {
    const gone = new Set(keys);
    const told: string[] = [];
    let before: string | null = null;
    for (const rank of this.#window.ranks.toReversed()) {
      if (gone.has(rank.key)) {
        const text = this.#told(rank, before);
        if (text === undefined) continue;
        told.push(text);
        gone.delete(rank.key);
      }
      before = rank.key;
    }
    this.#send('rows', `"rows":[${told.join()}],"gone":${JSON.stringify([...gone])}`);
    this.#rest(timePerRow * told.length);
  }

  /** Undefined when the row is gone by now. */
  #told({ key, changedAt }: Rank, before: string | null): string | undefined {
    const text = this.texts.of(key);
    if (text === undefined) return undefined;
    const group = this.#options.query.sort === 'activity' ? ageOf(changedAt, Date.now()) : 0;
    return `{"key":${JSON.stringify(key)},"group":${group},"before":${JSON.stringify(before)},${text}}`;
  }

  /** Of all messages these have an id: with them nothing is untold. */
  #send(event: 'snapshot' | 'rows', inside: string): void {
    this.#untold = new Set();
    this.#needsWindow = false;
    const counts = JSON.stringify(this.#window.counts).slice(1);
    this.#outlet.send(event, `{${inside},${counts}`, this.#options.id());
  }

  #rest(ms: number): void {
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => {
      this.#resting = undefined;
      this.#tellInTurn();
    }, ms);
  }
}
