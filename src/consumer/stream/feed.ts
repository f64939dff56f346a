import { randomBytes } from 'node:crypto';
import type { Writable } from 'node:stream';
import { smallest } from '../../common/extremes.ts';
import type { LiveReport } from '../live-report.ts';
import type { Query } from '../query.ts';
import type { Rows, ShownRow } from '../rows.ts';
import { StreamClient } from './client.ts';
import { type Form, Texts } from './texts.ts';

/** A row is told at most so often, and the first time at once; ms. */
const pause = 1_000;
/** While rows wait for the end of their pause, it is looked for so often; ms. */
const step = 100;
const second = 1_000;
/** In seconds. */
const heartbeatEvery = 15;
const refreshEvery = 10;
/** Rows that are told one by one, of those that have changed at once. */
const mostAtOnce = 1_000;
/** Changed rows of which it is known when, for clients that come back. */
const longestMemory = 2_000;

/** Tells clients what changes in the report, when it changes. */
export class Feed {
  readonly #rows: Rows;
  readonly #page: Texts;
  readonly #programs: Texts;
  readonly #clients = new Set<StreamClient>();
  /** Ids of an earlier process say nothing. */
  readonly #process = randomBytes(4).toString('hex');
  #sequence = 0;
  /** By row, the sequence of its last change; the oldest first. */
  readonly #recent = new Map<string, number>();
  #forgotten = 0;
  readonly #due = new Set<string>();
  /** By row, what was told of it last, and when; the oldest first. */
  readonly #told = new Map<string, { at: number; text: string }>();
  #flushing: NodeJS.Immediate | undefined;
  #stepping: NodeJS.Timeout | undefined;
  #ticking: NodeJS.Timeout | undefined;
  #ticks = 0;

  constructor(report: LiveReport, rows: Rows, forms: { page: Form; programs: Form }) {
    this.#rows = rows;
    this.#page = new Texts(rows, forms.page);
    this.#programs = new Texts(rows, forms.programs);
    report.onChange(({ key }) => this.#note(key));
  }

  /** Clients at this moment. */
  get size(): number {
    return this.#clients.size;
  }

  /** Serves a client until its response is closed. `lastId`: of what it has heard last; '' for a new one. */
  add(response: Writable, query: Query, isPage: boolean, lastId: string): void {
    const texts = isPage ? this.#page : this.#programs;
    const client = new StreamClient({ rows: this.#rows, query, texts, response, id: () => this.#id() });
    this.#clients.add(client);
    response.once('close', () => {
      this.#clients.delete(client);
      client.close();
      if (this.#clients.size === 0) this.#rest();
    });
    client.begin(this.#changedSince(lastId));
    client.status(texts.status());
    this.#ticking ??= setInterval(() => this.#tick(), second);
  }

  close(): void {
    for (const client of this.#clients) client.close();
    this.#rest();
  }

  /** What waits has not been told, nor has what came after it. */
  #id(): string {
    const waiting = Array.from(this.#due, (key) => (this.#recent.get(key) ?? 1) - 1);
    return `${this.#process}-${Math.min(this.#sequence, smallest(waiting))}`;
  }

  /** Undefined when it is not known any more. */
  #changedSince(id: string): ReadonlySet<string> | undefined {
    const [process, text = ''] = id.split('-');
    const sequence = Number(text);
    const isKnown = process === this.#process && /^\d+$/.test(text) && sequence >= this.#forgotten;
    if (!isKnown) return undefined;
    return new Set([...this.#recent].filter(([, at]) => at > sequence).map(([key]) => key));
  }

  #note(key: string): void {
    this.#sequence += 1;
    this.#page.forget(key);
    this.#programs.forget(key);
    this.#recent.delete(key);
    this.#recent.set(key, this.#sequence);
    if (this.#recent.size > longestMemory) this.#forgetOldest();
    if (this.#clients.size === 0) return;
    this.#due.add(key);
    this.#flushing ??= setImmediate(() => this.#flush());
  }

  #forgetOldest(): void {
    for (const [key, sequence] of this.#recent) {
      this.#recent.delete(key);
      this.#forgotten = sequence;
      return;
    }
  }

  #flush(): void {
    this.#flushing = undefined;
    if (this.#due.size > mostAtOnce) {
      this.#due.clear();
      for (const client of this.#clients) client.takeAnew();
      return;
    }
    const now = Date.now();
    const changed = new Map<string, ShownRow | undefined>();
    for (const key of this.#due) {
      const told = this.#told.get(key);
      if (told !== undefined && now - told.at < pause) continue;
      this.#due.delete(key);
      const text = this.#programs.of(key) ?? '';
      if (text === told?.text) continue;
      this.#told.delete(key);
      this.#told.set(key, { at: now, text });
      changed.set(key, this.#rows.get(key));
    }
    if (changed.size > 0) for (const client of this.#clients) client.take(changed);
    this.#forgetTold(now);
    if (this.#due.size > 0) this.#stepping ??= setTimeout(() => this.#step(), step);
  }

  #step(): void {
    this.#stepping = undefined;
    this.#flush();
  }

  /** What was told is kept a while longer than its pause: the same again is no news. */
  #forgetTold(now: number): void {
    for (const [key, { at }] of this.#told) {
      if (now - at < 2 * pause) return;
      this.#told.delete(key);
    }
  }

  #tick(): void {
    this.#ticks += 1;
    const now = Date.now();
    const statuses = new Map<Texts, string>();
    for (const client of this.#clients) {
      const status = statuses.get(client.texts) ?? client.texts.status();
      statuses.set(client.texts, status);
      client.status(status);
      if (this.#ticks % refreshEvery === 0) client.refresh(now);
      if (this.#ticks % heartbeatEvery === 0) client.heartbeat();
    }
  }

  /** Without clients nothing runs. */
  #rest(): void {
    clearInterval(this.#ticking);
    clearTimeout(this.#stepping);
    clearImmediate(this.#flushing);
    this.#ticking = this.#stepping = this.#flushing = undefined;
    this.#due.clear();
    this.#told.clear();
    this.#page.forgetAll();
    this.#programs.forgetAll();
  }
}
