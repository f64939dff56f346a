import type { ReportEntry } from '../../common/event.ts';
import { bitsOfPorts, sweepTargets } from '../../common/sketch.ts';

/** As Elastic maps them: low, medium, high, critical. */
export const severities = [21, 47, 73, 99] as const;
export type Severity = (typeof severities)[number];

/** Ports that make a scan. */
const manyPorts = 20;
/** Of those ports so many must not be open: else it is a busy client. */
const fewClosed = 4;

export interface Circumstances {
  /** True for a scanner that is meant to scan. */
  isKnown?: boolean;
  /** The row's count when it was first alerted; undefined when it has not been. */
  firstCount?: number | undefined;
}

/** How much a row is worth a look; 0: not at all. */
export function severity(
  row: ReportEntry,
  { isKnown = false, firstCount }: Circumstances = {},
): Severity | 0 {
  const own = severityOfStranger(row, firstCount);
  return isKnown && own > 21 ? 21 : own;
}

function severityOfStranger(row: ReportEntry, firstCount: number | undefined): Severity | 0 {
  if (row.verdict) return hasManyPorts(row) && hasDoubled(row, firstCount) ? 99 : 73;
  if (hasManyPorts(row) || isSweep(row)) return 47;
  return row.changeCount > row.threshold ? 21 : 0;
}

/**
 * At least 20 distinct ports, of which at least four were closed or not the sensor's to judge. The number of distinct
 * ports is an estimate, those found open are counted among the ports that the estimate was made of. All of these, and up to
 * six more, have been looked at: when fewer than four of them were not open, all may have been.
 */
export function hasManyPorts({ distinctPorts, closedPorts, openPorts }: ReportEntry): boolean {
  if (distinctPorts < manyPorts) return false;
  return closedPorts >= fewClosed || bitsOfPorts(distinctPorts) - openPorts >= fewClosed;
}

/** About 21 of the sensor's own addresses. */
export function isSweep({ targets }: ReportEntry): boolean {
  return targets >= sweepTargets;
}

function hasDoubled({ changeCount }: ReportEntry, firstCount: number | undefined): boolean {
  return firstCount !== undefined && changeCount >= 2 * Math.max(1, firstCount);
}
