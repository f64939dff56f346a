/**
 * Made of the schemas in schemas/, which say what each field is: PORT_TICKER_WRITE_DOCS=1 node --test
 * test/unit/event-types.test.ts writes it anew. Times are ms since 1970.
 */

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

export interface PortScanEvent {
  sensor: string;
  epoch: string;
  sequence: number | null;
  drops: number;
  reason: Reason;
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
  kinds: string[];
  tool: string | null;
  score: number;
  closedPorts: number;
  openPorts: number;
  targets: number;
  verdict: boolean;
}

export interface ReportEntry {
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
  kinds: string[];
  tool: string | null;
  score: number;
  closedPorts: number;
  openPorts: number;
  targets: number;
  verdict: boolean;
}
