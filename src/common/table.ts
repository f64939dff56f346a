import type { ReportEntry } from './event.ts';

const line = '-'.repeat(37);
const sourceWidth = 'Source IP       '.length;

/** The report as the original port_ticker prints it: the sources whose count is above their sensor's threshold. */
export function reportTable(entries: Iterable<ReportEntry>): string {
  const rows = byCount([...entries].filter(isAboveThreshold)).map(
    ({ source, changeCount }) => `${source.padEnd(sourceWidth)}|  ${changeCount}`,
  );
  return ['Report:', '', line, 'Source IP       |  Change count', line, ...rows, ''].join('\n');
}

export function isAboveThreshold({ changeCount, threshold }: ReportEntry): boolean {
  return changeCount > threshold;
}

/** The largest count first, then by source. */
export function byCount(entries: readonly ReportEntry[]): ReportEntry[] {
  return entries.toSorted((a, b) => b.changeCount - a.changeCount || (a.source < b.source ? -1 : 1));
}
