import { describe } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import type { Report } from './report.ts';
import type { Change, ReportWriter } from './writer.ts';

/** ms between two rounds. */
const interval = 1_000;
/** Looking for expired rows takes a walk through all of them: a tenth of their time is soon enough. */
const longestExpiryInterval = 60_000;

interface Options {
  report: Report;
  writer: ReportWriter;
  isOwner: (partition: number) => boolean;
  logger: Logger;
}

/** Removes expired and cleared rows of the owned partitions, and writes again those that the topic states wrongly. */
export class Upkeep {
  readonly #options: Options;
  #nextExpiry = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: Options) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#running = this.#round();
    }, interval);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #round(): Promise<void> {
    try {
      for (const [partition, keys] of this.#due()) {
        await this.#options.writer.write(partition, () =>
          keys.flatMap((key) => this.#change(key, partition)),
        );
      }
    } catch (error) {
      this.#options.logger.warn(
        `keeping up the report: ${describe(error)}; trying again in ${interval / 1000} s`,
      );
    }
    if (!this.#isClosed) this.start();
  }

  /** The keys of owned rows that need something, by partition. */
  #due(): Map<number, string[]> {
    const { report, isOwner } = this.#options;
    const keys = [...report.outdated(), ...this.#expired()];
    const owned = keys.filter((key) => isOwner(report.get(key)?.partition ?? -1));
    return Map.groupBy(new Set(owned), (key) => report.get(key)?.partition ?? -1);
  }

  #expired(): Iterable<string> {
    const { report } = this.#options;
    const now = Date.now();
    if (now < this.#nextExpiry) return [];
    this.#nextExpiry = now + Math.min(longestExpiryInterval, report.expiry * 100);
    return report.unchangedSince(now - report.expiry * 1000);
  }

  /** What a row needs by the time of writing: it may have changed since. */
  #change(key: string, partition: number): Change[] {
    const { report, isOwner } = this.#options;
    const row = report.get(key);
    if (row === undefined || row.partition !== partition || !isOwner(partition)) return [];
    const now = Date.now();
    if (report.isOver(row, now)) return [{ key, entry: null, changedAt: now }];
    return report.isOutdated(key) ? [{ key, entry: row.entry, changedAt: row.changedAt }] : [];
  }
}
