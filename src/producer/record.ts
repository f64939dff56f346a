import type { Epoch } from '../../xdp/addon/addon.d.ts';
import { addressText } from '../common/address.ts';
import { noEvidence, type PortScanEvent, type Reason } from '../common/event.ts';
import { exactPorts } from '../common/sketch.ts';
import { fullTick, type Moment, timeAt } from './clock.ts';
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

const noVlan = 0xffff;
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
  deviceName: (ifindex: number) => string | null;
}

/** Makes events of the bytes that the addon copies out of the kernel. Integers are in the host's byte order. */
export class RecordReader {
  readonly #origin: Origin;

  constructor(origin: Origin) {
    this.#origin = origin;
  }

  /** Events of the ring, back to back. */
  readEvents(bytes: Uint8Array, count: number): PortScanEvent[] {
    const view = viewOf(bytes);
    const now = this.#origin.now();
    const drops = this.#origin.drops();
    return Array.from({ length: count }, (_, index) => this.#readEvent(view, index * eventSize, now, drops));
  }

  /** Entries of the table, as events with the reason COUNT_UPDATE. */
  readEntries(bytes: Uint8Array, count: number, threshold: number): PortScanEvent[] {
    const view = viewOf(bytes);
    const now = this.#origin.now();
    const drops = this.#origin.drops();
    return Array.from({ length: count }, (_, index) => ({
      ...this.#readSource(view, index * entrySize + entrySource, now),
      ...noCircumstances,
      sequence: null,
      drops,
      reason: 'COUNT_UPDATE' as const,
      time: now.time,
      threshold,
    }));
  }

  /** Says that a source, or * for all, is forgotten as of now: an episode without a change. */
  resetEvent(source: string, threshold: number): PortScanEvent {
    const { sensor, epoch } = this.#origin;
    const now = this.#origin.now();
    const born = { tick: epoch.bornTick, time: epoch.bornTime };
    return {
      ...noCircumstances,
      sensor,
      epoch: epoch.id,
      sequence: null,
      drops: this.#origin.drops(),
      reason: 'RESET',
      time: now.time,
      source,
      // By the clock of the episodes, so that it comes before those that begin after it.
      episode: timeAt(now.tick, born, epoch.ticksPerSecond),
      changeCount: 0,
      threshold,
      distinctPorts: 0,
      ports: [],
      ...noEvidence,
      lastChange: now.time,
    };
  }

  #readEvent(view: DataView, at: number, now: Moment, drops: number): PortScanEvent {
    const reason = reasons.get(view.getUint8(at + event.reason)) ?? 'UNKNOWN';
    return {
      ...this.#readSource(view, at + event.source, now),
      ...(reason === 'COUNT_FINAL' ? noCircumstances : this.#readCircumstances(view, at)),
      sequence: u64(view, at + event.sequence),
      drops: Math.max(u64(view, at + event.drops), drops), // what was lost while it waited in the ring, too
      reason,
      time: timeAt(u64(view, at + event.tick), now, this.#origin.epoch.ticksPerSecond),
      threshold: view.getUint32(at + event.threshold, true),
    };
  }

  #readSource(view: DataView, at: number, now: Moment) {
    const { sensor, epoch } = this.#origin;
    const ports = firstPorts(view, at);
    const first = fullTick(view.getUint32(at + source.first, true), now.tick);
    const last = fullTick(view.getUint32(at + source.last, true), now.tick);
    // The episode is an identity: always reckoned from the birth of the epoch, so that it comes out the same.
    const born = { tick: epoch.bornTick, time: epoch.bornTime };
    return {
      sensor,
      epoch: epoch.id,
      source: addressText(bytesOf(view), at + source.address),
      episode: timeAt(first, born, epoch.ticksPerSecond),
      changeCount: view.getUint32(at + source.changes, true),
      distinctPorts: distinctPorts(ports.length, view.getUint8(at + source.sketched), exactPorts),
      ports,
      ...readEvidence(view, at),
      lastChange: timeAt(last, now, epoch.ticksPerSecond),
    };
  }

  #readCircumstances(view: DataView, at: number) {
    const vlan = view.getUint16(at + event.vlan, true);
    const protocol = view.getUint8(at + event.protocol);
    return {
      device: this.#origin.deviceName(view.getUint32(at + event.ifindex, true)),
      vlan: vlan === noVlan ? null : vlan,
      destination: addressText(bytesOf(view), at + event.destination),
      sourcePort: view.getUint16(at + event.sourcePort, false),
      destinationPort: view.getUint16(at + event.destinationPort, false),
      protocol,
      tcpFlags: protocol === tcp ? view.getUint8(at + event.tcpFlags) : null,
    };
  }
}

/** For records that no packet stands behind. */
const noCircumstances = {
  device: null,
  vlan: null,
  destination: null,
  sourcePort: null,
  destinationPort: null,
  protocol: null,
  tcpFlags: null,
};

function toReason(name: string): Reason {
  const known: readonly Reason[] = ['THRESHOLD', 'CLOSED_PORTS', 'COUNT_UPDATE', 'COUNT_FINAL', 'SWEEP'];
  return known.find((reason) => name === `REASON_${reason}`) ?? 'UNKNOWN';
}

/** The first distinct ports; unused places repeat the first one. None while only protocols without ports were probed. */
function firstPorts(view: DataView, at: number): number[] {
  if ((view.getUint8(at + source.flags) & firstMissing) === firstMissing) return [];
  const all = Array.from({ length: exactPorts }, (_, index) =>
    view.getUint16(at + source.ports + 2 * index, false),
  );
  return [...new Set(all)];
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** Sequences, drops and ticks stay far below 2^53. */
function u64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}
