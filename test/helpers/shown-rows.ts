import type { ReportEntry } from '../../src/common/event.ts';
import { LiveReport } from '../../src/consumer/live-report.ts';
import { rowKey } from '../../src/consumer/report.ts';
import { Rows } from '../../src/consumer/rows.ts';
import { expiry, reportEntry } from './records.ts';

/** A report that a test writes into, as people are shown it. */
export class ReportOfTest {
  readonly report = new LiveReport(expiry);
  readonly rows = new Rows(this.report, () => {
    this.looks += 1;
    return false;
  });
  /** How often a row has been looked at. */
  looks = 0;
  #offset = 0;

  /** Each as a record of its own; `changedAt` in ms since 1970. */
  put(changed: Partial<ReportEntry>, changedAt = Date.now()): string {
    const entry = reportEntry(changed);
    this.#write(rowKey(entry), entry, changedAt);
    return rowKey(entry);
  }

  /** So many rows, with different sources and counts. */
  putMany(count: number): void {
    for (let index = 0; index < count; index += 1)
      this.put({ source: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, changeCount: index });
  }

  remove(key: string): void {
    this.#write(key, null, Date.now());
  }

  #write(key: string, entry: ReportEntry | null, changedAt: number): void {
    this.report.read({ key, entry, partition: 0, offset: this.#offset, changedAt }, false);
    this.#offset += 1;
  }
}
