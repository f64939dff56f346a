import { type Evidence, noEvidence, type PortScanEvent, type ReportEntry } from '../../src/common/event.ts';

/** Of rows, in seconds: as by default. */
export const expiry = 7 * 24 * 3600;

/** Of a scan of closed ports. */
const evidence: Evidence = {
  kinds: ['SYN'],
  tool: null,
  score: 4,
  closedPorts: 22,
  openPorts: 0,
  targets: 1,
  verdict: true,
};

/** An event as a sensor sends it at a first crossing, with what a test changes in it. */
export function portScanEvent(changed: Partial<PortScanEvent> = {}): PortScanEvent {
  return {
    sensor: 'edge1',
    epoch: '00112233aabbccdd',
    sequence: 1,
    drops: 0,
    reason: 'THRESHOLD',
    time: 1_780_000_000_500,
    source: '192.0.2.1',
    episode: 1_780_000_000_000,
    changeCount: 21,
    threshold: 20,
    distinctPorts: 22,
    ports: [1, 2, 3, 4, 5, 6],
    lastChange: 1_780_000_000_500,
    device: 'eth0',
    vlan: null,
    destination: '198.51.100.7',
    sourcePort: 40_000,
    destinationPort: 22,
    protocol: 6,
    tcpFlags: 2,
    ...evidence,
    ...changed,
  };
}

/** A sweep's statement of a newer count: it knows no packet. */
export function countUpdate(changed: Partial<PortScanEvent> = {}): PortScanEvent {
  return portScanEvent({
    sequence: null,
    reason: 'COUNT_UPDATE',
    device: null,
    destination: null,
    sourcePort: null,
    destinationPort: null,
    protocol: null,
    tcpFlags: null,
    ...changed,
  });
}

/** What a reset leaves of everything that a packet would have said, in an event and in a row. */
export const nothingSeen = {
  changeCount: 0,
  distinctPorts: 0,
  ...noEvidence,
} satisfies Partial<PortScanEvent & ReportEntry>;

/** A reset of the source, with what a test changes in it. */
export function resetEvent(changed: Partial<PortScanEvent> = {}): PortScanEvent {
  return countUpdate({ reason: 'RESET', ...nothingSeen, ports: [], ...changed });
}

/** A row of the report, with what a test changes in it. */
export function reportEntry(changed: Partial<ReportEntry> = {}): ReportEntry {
  return {
    sensor: 'edge1',
    source: '192.0.2.1',
    epoch: '00112233aabbccdd',
    episode: 1_780_000_000_000,
    changeCount: 21,
    threshold: 20,
    distinctPorts: 22,
    ports: [1, 2, 3, 4, 5, 6],
    lastChange: 1_780_000_000_500,
    crossingCount: 21,
    device: 'eth0',
    vlan: null,
    destination: '198.51.100.7',
    destinationPort: 22,
    protocol: 6,
    ...evidence,
    ...changed,
  };
}
