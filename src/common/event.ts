import type { PortScanEvent, ReportEntry } from './event-types.ts';

export { type PortScanEvent, type Reason, type ReportEntry, reasons } from './event-types.ts';

/** What is known of a source beside its count. */
export type Evidence = Pick<
  PortScanEvent,
  'kinds' | 'tool' | 'score' | 'closedPorts' | 'openPorts' | 'targets' | 'verdict'
>;

export const noEvidence: Evidence = {
  kinds: [],
  tool: null,
  score: 0,
  closedPorts: 0,
  openPorts: 0,
  targets: 0,
  verdict: false,
};

/**
 * True for what a reset leaves: no row, but the episodes before it do not count any more, of its source or, where
 * that is *, of all sources in its partition. Every packet has a port or, where its protocol has none, a target.
 */
export function isFloor({ distinctPorts, targets }: Pick<ReportEntry, 'distinctPorts' | 'targets'>): boolean {
  return distinctPorts === 0 && targets === 0;
}
