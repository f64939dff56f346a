import { compareTexts } from '../common/compare-texts.ts';
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
    device: event.device,
    vlan: event.vlan,
    destination: event.destination,
    destinationPort: event.destinationPort,
    protocol: event.protocol,
    kinds: event.kinds,
    tool: event.tool,
    score: event.score,
    closedPorts: event.closedPorts,
    openPorts: event.openPorts,
    targets: event.targets,
    verdict: event.verdict,
  };
}

/**
 * What two statements about one source amount to: the larger one, by episode, epoch, count and evidence, with the packet
 * of the episode's newest crossing, and the verdict once it was reached. Each of the three is a maximum: the result
 * depends neither on order nor on repetition. Returns `held` itself when the other adds nothing.
 */
export function merge(held: ReportEntry | undefined, other: ReportEntry): ReportEntry {
  if (held === undefined) return other;
  const newest = compare(held, other) >= 0 ? held : other;
  if (!isSameEpisode(held, other)) return newest;
  const crossed = comparePackets(held, other) >= 0 ? held : other;
  const verdict = held.verdict || other.verdict;
  if (comparePackets(newest, crossed) === 0 && newest.verdict === verdict) return newest;
  return { ...newest, crossingCount: crossed.crossingCount, ...packetOf(crossed), verdict };
}

/** True when a reset, of all sources or of this one, has put an end to the entry's episode. */
export function isBelow(entry: ReportEntry, floor: ReportEntry): boolean {
  return compare(entry, floor) < 0;
}

/** True when both say the same about their source. */
export function isSameState(a: ReportEntry, b: ReportEntry): boolean {
  return a === b || (compare(a, b) === 0 && comparePackets(a, b) === 0 && a.verdict === b.verdict);
}

function isSameEpisode(a: ReportEntry, b: ReportEntry): boolean {
  return a.episode === b.episode && a.epoch === b.epoch;
}

/**
 * A total order of what two statements say beside packet and verdict. Ports, targets and kinds only grow in an episode,
 * also where the count stays; what is compared behind them says nothing of age, but decides the same way everywhere.
 */
function compare(a: ReportEntry, b: ReportEntry): number {
  return (
    a.episode - b.episode ||
    compareTexts(a.epoch, b.epoch) ||
    a.changeCount - b.changeCount ||
    a.distinctPorts - b.distinctPorts ||
    a.targets - b.targets ||
    a.kinds.length - b.kinds.length ||
    judged(a) - judged(b) ||
    a.lastChange - b.lastChange ||
    compareTexts(restOf(a), restOf(b))
  );
}

function judged({ closedPorts, openPorts }: Evidence): number {
  return closedPorts + openPorts;
}

function restOf({ threshold, ports, kinds, tool, score, closedPorts }: ReportEntry): string {
  return JSON.stringify([threshold, ports, kinds, tool, score, closedPorts]);
}

function comparePackets(a: ReportEntry, b: ReportEntry): number {
  if (a === b) return 0;
  return (
    (a.crossingCount ?? -1) - (b.crossingCount ?? -1) ||
    compareTexts(JSON.stringify(packetOf(a)), JSON.stringify(packetOf(b)))
  );
}

function packetOf({ device, vlan, destination, destinationPort, protocol }: ReportEntry) {
  return { device, vlan, destination, destinationPort, protocol };
}
