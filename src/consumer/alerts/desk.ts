import { setImmediate as nextTurn } from 'node:timers/promises';
import { Backoff } from '../../common/backoff.ts';
import { describe } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import type { Report } from '../report.ts';
import { inPortions } from '../turns.ts';
import type { Alert } from './alert.ts';
import { Ledger } from './ledger.ts';
import type { SensorWatch } from './sensor-watch.ts';
import type { Severity } from './severity.ts';
import { Shift } from './shift.ts';
import type { AlertTally } from './tally.ts';
import type { AlertTopic } from './topic.ts';

/** ms between two rounds; or what the last one took, when that was more: all else has its turn too. */
const interval = 250;
/** Alerts in one request: with at most 25 kB each, when they name a hundred members, it stays below 1 MB. */
const alertsPerSend = 30;

export interface DeskOptions {
  report: Pick<Report, 'keys' | 'shown' | 'takeChanged'>;
  watch: Pick<SensorWatch, 'observe' | 'due'>;
  topic: Pick<AlertTopic, 'read' | 'send'>;
  /** Stands for the time in which this instance, and no other, alerts; undefined while it does not. */
  term: () => object | undefined;
  /** True while the report has all that the topic says. */
  isCurrent: () => boolean;
  minSeverity: Severity;
  isKnown: (source: string) => boolean;
  /** How far back what was told is read at a takeover, ms: the age at which rows leave the report. */
  memory: number;
  tally: AlertTally;
  logger: Logger;
}

interface Duty {
  term: object;
  ledger: Ledger;
  shift: Shift;
}

/**
 * Alerts by what is, not by what happens: each row whose severity is above what was alerted of its episode is due, whoever
 * saw it change. So nothing is lost in a takeover; and what a crash leaves unsent is due again, with the same id.
 */
export class AlertDesk {
  readonly #options: DeskOptions;
  readonly #backoff = new Backoff();
  #duty: Duty | undefined;
  #lastRound = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  start(): void {
    this.#schedule(interval);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Sends what is due; `now` in ms since 1970. Throws what topic and Kafka throw: then the next round tries again. */
  async round(now: number): Promise<void> {
    const { report, watch, topic, tally } = this.#options;
    const changed = report.takeChanged();
    watch.observe(now);
    if (now < this.#lastRound) this.#duty = undefined; // set back, the clock would keep waiting what waits
    this.#lastRound = now;
    const duty = await this.#onDuty(changed, now);
    if (duty === undefined) return;
    for await (const part of this.#due(duty, now)) {
      if (!this.#isOnDuty(duty.term)) return;
      await topic.send(part, now);
      for (const alert of part) {
        await duty.shift.told(alert);
        tally.add(alert);
      }
    }
  }

  /** What is due, in parts for one request each. The next part is asked for when the one before has been told. */
  async *#due({ ledger, shift }: Duty, now: number): AsyncGenerator<Alert[]> {
    const ofSensors = this.#options.watch.due(now, ledger);
    for (let from = 0; from < ofSensors.length; from += alertsPerSend)
      yield ofSensors.slice(from, from + alertsPerSend);
    for (;;) {
      const part = await shift.alerts(now, alertsPerSend);
      if (part.length === 0) return;
      yield part;
    }
  }

  /** Takes over, or goes on with what has changed; undefined while somebody else alerts or the report is not whole. */
  async #onDuty(changed: Iterable<string>, now: number): Promise<Duty | undefined> {
    const { report, term } = this.#options;
    const current = term();
    if (current === undefined || !this.#isOnDuty(current)) {
      this.#duty = undefined;
      return undefined;
    }
    const before = this.#duty?.term === current ? this.#duty : undefined;
    this.#duty = undefined; // until it has looked at everything
    const duty = before ?? (await this.#begin(current, now));
    for await (const keys of inPortions(before === undefined ? report.keys() : changed, nextTurn)) {
      for (const key of keys) duty.shift.see(key, report.shown(key), now);
    }
    if (!this.#isOnDuty(current)) return undefined;
    this.#duty = duty;
    return duty;
  }

  async #begin(term: object, now: number): Promise<Duty> {
    const { report, minSeverity, isKnown } = this.#options;
    const ledger = await this.#readLedger(now);
    const entryOf = (key: string) => report.shown(key);
    return { term, ledger, shift: new Shift({ ledger, minSeverity, isKnown, entryOf }) };
  }

  #isOnDuty(term: object): boolean {
    return this.#options.term() === term && this.#options.isCurrent();
  }

  async #readLedger(now: number): Promise<Ledger> {
    const { topic, memory } = this.#options;
    const ledger = new Ledger();
    for (const told of await topic.read(now - memory)) ledger.note(told);
    return ledger;
  }

  #schedule(delay: number): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#attempt();
    }, delay);
  }

  async #attempt(): Promise<void> {
    const begin = Date.now();
    try {
      await this.round(begin);
      this.#backoff.reset();
      this.#schedule(Math.max(interval, Date.now() - begin));
    } catch (error) {
      const delay = this.#backoff.next();
      this.#options.logger.warn(`alerting: ${describe(error)}; trying again in ${delay / 1000} s`);
      this.#schedule(delay);
    }
  }
}
