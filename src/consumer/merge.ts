import type { Evidence, PortScanEvent, ReportEntry } from '../common/event.ts';

/** The source of a reset of all sources. */
export const allSources = '*';

/** The row that an event alone makes; a reset makes a floor. */
export function entryOf(event: PortScanEvent): ReportEntry {
  const hasPacket = event.destination !== null;
  return {
    sensor: event.sensor,
    source: event.source,
    epoch: event.epoch,
    episode: event.episode,
    changeCount: event.changeCount,
    threshold: event.threshold,
    distinctPorts: event.distinctPorts,
    ports: event.ports,
    lastChange: event.lastChange,
    crossingCount: hasPacket ? event.changeCount : null,
    ...packetOf(event),
    ...evidenceOf(event),
  };
}

/**
 * What two statements about one source amount to: the larger (episode, epoch, changeCount), with the packet of the
 * episode's newest crossing. The result depends neither on their order nor on repetition. Returns `held` itself when
 * the other adds nothing.
 */
export function merge(held: ReportEntry | undefined, other: ReportEntry): ReportEntry {
  if (held === undefined) return other;
  const newest = compare(held, other) >= 0 ? held : other;
  if (held.episode !== other.episode || held.epoch !== other.epoch) return newest;
  const crossed = crossing(held) >= crossing(other) ? held : other;
  if (newest === crossed) return newest;
  return { ...newest, crossingCount: crossed.crossingCount, ...packetOf(crossed) };
}

/**
 * True for what a reset leaves: no row, but the episodes before it do not count any more, of its source or, where
 * that is *, of all sources in its partition.
 */
export function isFloor({ changeCount }: ReportEntry): boolean {
  return changeCount === 0;
}

/** True when a reset, of all sources or of this one, has put an end to the entry's episode. */
export function isBelow(entry: ReportEntry, floor: ReportEntry): boolean {
  return compare(entry, floor) < 0;
}

/** True when both say the same about their source. */
export function isSameState(a: ReportEntry, b: ReportEntry): boolean {
  return compare(a, b) === 0 && crossing(a) === crossing(b);
}

function compare(a: ReportEntry, b: ReportEntry): number {
  if (a.episode !== b.episode) return a.episode - b.episode;
  if (a.epoch !== b.epoch) return a.epoch < b.epoch ? -1 : 1;
  return a.changeCount - b.changeCount;
}

function crossing({ crossingCount }: ReportEntry): number {
  return crossingCount ?? -1;
}

function evidenceOf({ kinds, tool, score, closedPorts, openPorts, targets }: Evidence): Evidence {
  return { kinds, tool, score, closedPorts, openPorts, targets };
}

function packetOf({ device, vlan, destination, destinationPort, protocol }: PortScanEvent | ReportEntry) {
  return { device, vlan, destination, destinationPort, protocol };
}
