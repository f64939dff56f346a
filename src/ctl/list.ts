import { allSensors } from '../common/control/records.ts';
import { isFloor, type ReportEntry } from '../common/event.ts';
import { byCount, isAboveThreshold, reportTable } from '../common/table.ts';
import type { Table, View } from './view.ts';
import { wideTable } from './wide.ts';

export interface ListOptions {
  /** A sensor id, or *. */
  sensor: string;
  /** Every reported source, with what is known of it. */
  wide: boolean;
  json: boolean;
}

/** The report of one sensor, or of all. */
export function reportView({ sensor, wide, json }: ListOptions): View<ReportEntry> {
  return {
    topic: 'report',
    schema: 'report-entry',
    json,
    text(table, now) {
      const mine = rows(table).filter((entry) => sensor === allSensors || entry.sensor === sensor);
      const shown = byCount(wide ? mine : mine.filter(isAboveThreshold));
      if (json) return JSON.stringify({ version: 1, entries: shown });
      return wide ? wideTable(shown, now) : reportTable(shown).trimEnd();
    },
    hint(table) {
      const sensors = new Set(rows(table).map((entry) => entry.sensor));
      if (sensor === allSensors || sensors.size === 0 || sensors.has(sensor)) return undefined;
      return `nothing from ${sensor}; the report has ${[...sensors].sort().join(', ')}: use --sensor`;
    },
  };
}

/** Without those that say that the source, or all of them, have been reset. */
function rows(table: Table<ReportEntry>): ReportEntry[] {
  return Array.from(table.values(), ({ value }) => value).filter((entry) => !isFloor(entry));
}
