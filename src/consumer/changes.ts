import type { PortScanEvent, ReportEntry } from '../common/event.ts';
import { allSources, entryOf, isBelow, merge } from './merge.ts';
import { keyOf, type Report } from './report.ts';
import type { Change } from './writer.ts';

/** The rows of a partition that its events change, each once. */
export function changesOf(events: readonly PortScanEvent[], partition: number, report: Report): Change[] {
  const changed = new Map<string, ReportEntry | null>();
  const held = (key: string) => (changed.has(key) ? (changed.get(key) ?? undefined) : report.get(key)?.entry);

  for (const event of events) {
    const entry = entryOf(event);
    const floor = held(keyOf({ sensor: event.sensor, source: allSources }, partition));
    if (floor !== undefined && isBelow(entry, floor)) continue; // late: from before the reset
    const key = keyOf(event, partition);
    const before = held(key);
    const after = merge(before, entry);
    if (after === before) continue;
    changed.set(key, after);
    if (event.source === allSources) clear(after);
  }
  const changedAt = Date.now();
  return Array.from(changed, ([key, entry]) => ({ key, entry, changedAt }));

  function clear(floor: ReportEntry): void {
    for (const key of report.clearedBy(floor, partition)) if (!changed.has(key)) changed.set(key, null);
    for (const [key, entry] of changed) {
      if (entry?.sensor === floor.sensor && isBelow(entry, floor)) changed.set(key, null);
    }
  }
}
