import type { ReportEntry } from './event.ts';

const line = '-'.repeat(37);
const sourceWidth = 'Source IP       '.length;

/** The lines above the sources. */
export const tableHead = ['Report:', '', line, 'Source IP       |  Change count', line] as const;

type Count = Pick<ReportEntry, 'source' | 'changeCount'>;

/** The report as the original port_ticker prints it: the sources whose count is above their sensor's threshold. */
export function reportTable(entries: Iterable<ReportEntry>): string {
  const counts: Count[] = [];
  for (const entry of entries) {
    const { source, changeCount } = entry; // not the entry: of many, all at once would take much memory
    if (isAboveThreshold(entry)) counts.push({ source, changeCount });
  }
  return [...tableHead, ...byCount(counts).map(tableLine), ''].join('\n');
}

/** A line of it. */
export function tableLine({ source, changeCount }: Count): string {
  return `${source.padEnd(sourceWidth)}|  ${changeCount}`;
}

export function isAboveThreshold({ changeCount, threshold }: ReportEntry): boolean {
  return changeCount > threshold;
}

/** The largest count first, then by source. */
export function byCount<T extends Count>(entries: readonly T[]): T[] {
  return entries.toSorted((a, b) => b.changeCount - a.changeCount || (a.source < b.source ? -1 : 1));
}
