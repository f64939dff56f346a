import type { Epoch } from '../../xdp/addon/addon.d.ts';
import { noEvidence, type PortScanEvent, type Reason } from '../common/event.ts';
import { kernelNumbers } from '../common/kernel-numbers.ts';
import { exactPorts } from '../common/sketch.ts';
import { AddressTexts } from './address-texts.ts';
import { fullTick, type Moment, timeAt } from './clock.ts';
import type { DeviceNames } from './device-names.ts';
import { distinctPorts } from './distinct.ts';
import { readEvidence } from './evidence.ts';
import { enumerators, field, size } from './native.ts';

/** Bytes of one event as the ring gives it: struct event. */
export const eventSize = size('event');
/** Bytes of one table entry as collect gives it: slot (u32), 0 (u32), struct source. */
export const entrySize = 8 + size('source');
const entrySource = 8;

const event = {
  sequence: field('event', 'sequence', 8),
  drops: field('event', 'drops', 8),
  tick: field('event', 'tick', 8),
  destination: field('event', 'destination', 16),
  ifindex: field('event', 'ifindex', 4),
  threshold: field('event', 'threshold', 4),
  sourcePort: field('event', 'source_port', 2),
  destinationPort: field('event', 'destination_port', 2),
  vlan: field('event', 'vlan', 2),
  protocol: field('event', 'protocol', 1),
  reason: field('event', 'reason', 1),
  tcpFlags: field('event', 'tcp_flags', 1),
  source: field('event', 'source', size('source')),
};

const source = {
  address: field('source', 'address', 16),
  changes: field('source', 'changes', 4),
  first: field('source', 'first', 4),
  last: field('source', 'last', 4),
  ports: field('source', 'ports', 2 * exactPorts),
  sketched: field('source', 'sketched', 1),
  flags: field('source', 'flags', 1),
};
const firstMissing = enumerators('flag')['FLAG_FIRST_MISSING'] ?? 0;

const tcp = 6;

/** "REASON_COUNT_FINAL" in C is "COUNT_FINAL" in Avro. */
const reasons = new Map<number, Reason>(
  Object.entries(enumerators('reason')).map(([name, value]) => [value, toReason(name)]),
);

export interface Origin {
  sensor: string;
  epoch: Epoch;
  /** The kernel's tick and the wall clock, read together. */
  now: () => Moment;
  /** Crossings of this epoch that are lost so far: evicted by the kernel, or refused by Kafka. */
  drops: () => number;
  devices: Pick<DeviceNames, 'nameOf' | 'only'>;
}

/**
 * Makes events of the bytes that the addon copies out of the kernel. Integers are in the host's byte order. This is done
 * for every event of a flood: all are made by one literal, so that they have one shape, and arrays and texts that recur are
 * shared. Nobody may change them.
 */
export class RecordReader {
  readonly #origin: Origin;
  readonly #addresses = new AddressTexts();

  constructor(origin: Origin) {
    this.#origin = origin;
  }

  /** Events of the ring, back to back. */
  readEvents(bytes: Uint8Array, count: number): PortScanEvent[] {
    const view = viewOf(bytes);
    const now = this.#origin.now();
    const drops = this.#origin.drops();
    const device = this.#origin.devices.only;
    const events: PortScanEvent[] = [];
    for (let index = 0; index < count; index += 1)
      events.push(this.#readEvent(view, index * eventSize, now, drops, device));
    return events;
  }

  /** Entries of the table, as events with the reason COUNT_UPDATE. */
  readEntries(bytes: Uint8Array, count: number, threshold: number): PortScanEvent[] {
    const view = viewOf(bytes);
    const now = this.#origin.now();
    const drops = this.#origin.drops();
    const device = this.#origin.devices.only;
    const updates: PortScanEvent[] = [];
    for (let index = 0; index < count; index += 1) {
      const update = this.#readSource(view, index * entrySize + entrySource, now, device);
      update.drops = drops;
      update.threshold = threshold;
      updates.push(update);
    }
    return updates;
  }

  /** Says that a source, or * for all, is forgotten as of now: an episode without a change. */
  resetEvent(source: string, threshold: number): PortScanEvent {
    const { sensor, epoch } = this.#origin;
    const now = this.#origin.now();
    return {
      sensor,
      epoch: epoch.id,
      sequence: null,
      drops: this.#origin.drops(),
      reason: 'RESET',
      time: now.time,
      source,
      // By the clock of the episodes, so that it comes before those that begin after it.
      episode: this.#episodeOf(now.tick),
      changeCount: 0,
      threshold,
      distinctPorts: 0,
      ports: [],
      ...noEvidence,
      lastChange: now.time,
      device: null,
      vlan: null,
      destination: null,
      sourcePort: null,
      destinationPort: null,
      protocol: null,
      tcpFlags: null,
    };
  }

  #readEvent(view: DataView, at: number, now: Moment, drops: number, device: string | null): PortScanEvent {
    const read = this.#readSource(view, at + event.source, now, device);
    read.sequence = u64(view, at + event.sequence);
    read.drops = Math.max(u64(view, at + event.drops), drops); // what was lost while it waited in the ring, too
    read.reason = reasons.get(view.getUint8(at + event.reason)) ?? 'UNKNOWN';
    read.time = timeAt(u64(view, at + event.tick), now, this.#origin.epoch.ticksPerSecond);
    read.threshold = view.getUint32(at + event.threshold, true);
    if (read.reason !== 'COUNT_FINAL') this.#addPacket(read, view, at);
    return read;
  }

  /** What struct source says, as a COUNT_UPDATE without drops and threshold. */
  #readSource(view: DataView, at: number, now: Moment, device: string | null): PortScanEvent {
    const { sensor, epoch } = this.#origin;
    const ports = firstPorts(view, at);
    const first = fullTick(view.getUint32(at + source.first, true), now.tick);
    const last = fullTick(view.getUint32(at + source.last, true), now.tick);
    const evidence = readEvidence(view, at);
    return {
      sensor,
      epoch: epoch.id,
      sequence: null,
      drops: 0,
      reason: 'COUNT_UPDATE',
      time: now.time,
      source: this.#addresses.read(view, at + source.address),
      episode: this.#episodeOf(first),
      changeCount: view.getUint32(at + source.changes, true),
      threshold: 0,
      distinctPorts: distinctPorts(ports.length, view.getUint8(at + source.sketched), exactPorts),
      ports,
      lastChange: timeAt(last, now, epoch.ticksPerSecond),
      device,
      vlan: null,
      destination: null,
      sourcePort: null,
      destinationPort: null,
      protocol: null,
      tcpFlags: null,
      kinds: evidence.kinds,
      tool: evidence.tool,
      score: evidence.score,
      closedPorts: evidence.closedPorts,
      openPorts: evidence.openPorts,
      targets: evidence.targets,
      verdict: evidence.verdict,
    };
  }

  /** An episode is an identity: always reckoned from the birth of the epoch, so that it comes out the same. */
  #episodeOf(tick: number): number {
    const { bornTick, bornTime, ticksPerSecond } = this.#origin.epoch;
    return timeAt(tick, { tick: bornTick, time: bornTime }, ticksPerSecond);
  }

  /** What struct event says of the packet that crossed. */
  #addPacket(read: PortScanEvent, view: DataView, at: number): void {
    const vlan = view.getUint16(at + event.vlan, true);
    const protocol = view.getUint8(at + event.protocol);
    read.device = this.#origin.devices.nameOf(view.getUint32(at + event.ifindex, true));
    read.vlan = vlan === kernelNumbers.NO_VLAN ? null : vlan;
    read.destination = this.#addresses.read(view, at + event.destination);
    read.sourcePort = view.getUint16(at + event.sourcePort, false);
    read.destinationPort = view.getUint16(at + event.destinationPort, false);
    read.protocol = protocol;
    read.tcpFlags = protocol === tcp ? view.getUint8(at + event.tcpFlags) : null;
  }
}

function toReason(name: string): Reason {
  const known: readonly Reason[] = ['THRESHOLD', 'CLOSED_PORTS', 'COUNT_UPDATE', 'COUNT_FINAL', 'SWEEP'];
  return known.find((reason) => name === `REASON_${reason}`) ?? 'UNKNOWN';
}

/** The first distinct ports; unused places repeat the first one. None while only protocols without ports were probed. */
function firstPorts(view: DataView, at: number): number[] {
  if ((view.getUint8(at + source.flags) & firstMissing) === firstMissing) return [];
  const ports = new Array<number>(exactPorts);
  for (let index = 0; index < exactPorts; index += 1) {
    ports[index] = view.getUint16(at + source.ports + 2 * index, false);
  }
  return areDistinct(ports) ? ports : [...new Set(ports)];
}

function areDistinct(ports: readonly number[]): boolean {
  for (let index = 1; index < ports.length; index += 1) {
    for (let before = 0; before < index; before += 1) if (ports[before] === ports[index]) return false;
  }
  return true;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Sequences, drops and ticks stay far below 2^53. */
function u64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}
