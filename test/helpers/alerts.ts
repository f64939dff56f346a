import type { ReportEntry } from '../../src/common/event.ts';
import { groupAlert, type ScanAlert } from '../../src/consumer/alerts/alert.ts';
import type { Suspect } from '../../src/consumer/alerts/groups.ts';
import { groupsOf } from '../../src/consumer/alerts/groups.ts';
import { severity } from '../../src/consumer/alerts/severity.ts';
import { Summary } from '../../src/consumer/alerts/summary.ts';
import { reportEntry } from './records.ts';

/** A row that is worth an alert, with what a test changes in it. */
export function suspect(changed: Partial<ReportEntry> = {}): Suspect {
  const entry = reportEntry(changed);
  const grade = severity(entry);
  if (grade === 0) throw new Error('no suspect');
  return { key: `${entry.sensor}/${entry.source}`, entry, episode: entry.episode, severity: grade };
}

/** So many rows of one source, each at another sensor, a second apart. */
export function fleet(count: number, changed: Partial<ReportEntry> = {}): Suspect[] {
  return rows(count, (index) => suspect({ sensor: `edge${index}`, ...since(index), ...changed }));
}

/** So many rows of sources that probe the same ports of one target. */
export function decoys(count: number, changed: Partial<ReportEntry> = {}): Suspect[] {
  return rows(count, (index) =>
    suspect({ source: `192.0.${2 + (index >> 8)}.${index & 255}`, ...since(index / 100), ...changed }),
  );
}

/** Of the only group that these suspects make. */
export function alertOfGroup(key: string, suspects: readonly Suspect[]): ScanAlert {
  const [group, ...others] = groupsOf(key, suspects, []);
  const members = Summary.of(suspects);
  if (group === undefined || others.length > 0 || members.lead === undefined)
    throw new Error(`not one group but ${others.length + 1}`);
  return groupAlert(group, members, members.lead, false);
}

function rows(count: number, make: (index: number) => Suspect): Suspect[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function since(seconds: number): Pick<ReportEntry, 'episode'> {
  return { episode: reportEntry().episode + Math.round(seconds * 1000) };
}
