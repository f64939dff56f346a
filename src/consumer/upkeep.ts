import { describe } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import type { Report, Row } from './report.ts';
import type { Change, ReportWriter } from './writer.ts';

const interval = 1_000;

interface Options {
  report: Report;
  writer: ReportWriter;
  /** Seconds without a change after which a row is removed. */
  expiry: number;
  isOwner: (partition: number) => boolean;
  logger: Logger;
}

/** Removes expired rows of the owned partitions, and writes again those that the topic states wrongly. */
export class Upkeep {
  readonly #options: Options;
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
      for (const partition of this.#partitions()) {
        await this.#options.writer.write(partition, () => this.#changes(partition));
      }
    } catch (error) {
      this.#options.logger.warn(
        `keeping up the report: ${describe(error)}; trying again in ${interval / 1000} s`,
      );
    }
    if (!this.#isClosed) this.start();
  }

  /** Where there is something to do. */
  #partitions(): Set<number> {
    const now = Date.now();
    const partitions = new Set<number>();
    for (const [, row] of this.#options.report.rows()) {
      if (this.#isExpired(row, now)) partitions.add(row.partition);
    }
    for (const key of this.#options.report.outdated()) {
      const row = this.#options.report.get(key);
      if (row !== undefined) partitions.add(row.partition);
    }
    return partitions;
  }

  #changes(partition: number): Change[] {
    const { report, isOwner } = this.#options;
    if (!isOwner(partition)) return [];
    const now = Date.now();
    const changes = new Map<string, Change>();
    for (const key of report.outdated()) {
      const row = report.get(key);
      if (row?.partition === partition) changes.set(key, { key, entry: row.entry, changedAt: row.changedAt });
    }
    for (const [key, row] of report.rows()) {
      if (row.partition === partition && this.#isExpired(row, now)) {
        changes.set(key, { key, entry: null, changedAt: now });
      }
    }
    return [...changes.values()];
  }

  #isExpired({ changedAt }: Row, now: number): boolean {
    return changedAt + this.#options.expiry * 1000 < now;
  }
}
