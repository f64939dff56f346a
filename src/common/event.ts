/** The records of the topics, as schemas/port-scan-event.avsc and schemas/report-entry.avsc document them. */

export const reasons = [
  'UNKNOWN',
  'THRESHOLD',
  'CLOSED_PORTS',
  'COUNT_UPDATE',
  'COUNT_FINAL',
  'RESET',
  'SWEEP',
] as const;

export type Reason = (typeof reasons)[number];

/** What is known of a source beside its count. */
export interface Evidence {
  kinds: string[];
  tool: string | null;
  score: number;
  closedPorts: number;
  openPorts: number;
  targets: number;
  verdict: boolean;
}

export const noEvidence: Evidence = {
  kinds: [],
  tool: null,
  score: 0,
  closedPorts: 0,
  openPorts: 0,
  targets: 0,
  verdict: false,
};

export interface PortScanEvent extends Evidence {
  sensor: string;
  epoch: string;
  sequence: number | null;
  drops: number;
  reason: Reason;
  /** ms since 1970, as episode and lastChange. */
  time: number;
  source: string;
  episode: number;
  changeCount: number;
  threshold: number;
  distinctPorts: number;
  ports: number[];
  lastChange: number;
  device: string | null;
  vlan: number | null;
  destination: string | null;
  sourcePort: number | null;
  destinationPort: number | null;
  protocol: number | null;
  tcpFlags: number | null;
}

export interface ReportEntry extends Evidence {
  sensor: string;
  source: string;
  epoch: string;
  episode: number;
  changeCount: number;
  threshold: number;
  distinctPorts: number;
  ports: number[];
  lastChange: number;
  crossingCount: number | null;
  device: string | null;
  vlan: number | null;
  destination: string | null;
  destinationPort: number | null;
  protocol: number | null;
}

/**
 * True for what a reset leaves: no row, but the episodes before it do not count any more, of its source or, where
 * that is *, of all sources in its partition. Every packet has a port or, where its protocol has none, a target.
 */
export function isFloor({ distinctPorts, targets }: Pick<ReportEntry, 'distinctPorts' | 'targets'>): boolean {
  return distinctPorts === 0 && targets === 0;
}
