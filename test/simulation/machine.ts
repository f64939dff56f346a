import { parsePrefix, prefixText, unpackPrefixes } from '../../src/common/address.ts';
import { TickerError } from '../../src/common/errors.ts';
import type { AttachMode, Attachment, Epoch, Settings } from '../../xdp/addon/addon.d.ts';
import type { Chance } from './chance.ts';
import type { Clock } from './clock.ts';
import { Episodes, type Source } from './episodes.ts';

const ticksPerSecond = 62.5;

/** A crossing in the ring. */
export interface Crossing {
  sequence: number;
  drops: number;
  tick: number;
  threshold: number;
  isFinal: boolean;
  source: Readonly<Source>;
}

/**
 * The kernel part of one host, as xdp/ has it: it counts, whoever reads or does not. What is pinned survives every
 * process; the truth about its sources is in `episodes`.
 */
export class Machine {
  readonly #clock: Clock;
  readonly #chance: Chance;
  readonly #ringCapacity: number;
  readonly episodes = new Episodes();
  /** The table, by address. */
  sources = new Map<string, Source>();
  /** What is not acknowledged, and how much has been written and acknowledged in all. */
  ring: Crossing[] = [];
  written = 0;
  acked = 0;
  sequence = 0;
  drops = 0;
  /** The last sequence number of each epoch that has ended. */
  readonly sequences = new Map<string, number>();
  epoch: Epoch;
  isPinned = false;
  settings: Settings = { threshold: 20, idleTicks: 0, icmpEnable: false, countAll: false };
  ignored = new Set<string>();
  attached = new Map<string, Attachment>();
  /** Devices that are there. */
  readonly devices = new Set(['eth0', 'eth1']);
  /** Called after each crossing. */
  onCrossing: () => void = () => {};
  /** Called when a device has come or gone. */
  onDevices: () => void = () => {};

  constructor(clock: Clock, chance: Chance, ringCapacity: number) {
    this.#clock = clock;
    this.#chance = chance;
    this.#ringCapacity = ringCapacity;
    this.epoch = this.#newEpoch();
  }

  /** The kernel's tick now. */
  get tick(): number {
    return Math.floor((this.#clock.now * ticksPerSecond) / 1000);
  }

  /** Counts that are above a lower threshold are told from now on, by the sweep. */
  configure(settings: Settings): void {
    this.settings = settings;
    for (const source of this.sources.values()) {
      if (source.changes > settings.threshold) this.episodes.exceeds(source);
    }
  }

  /** So many packets of a source, each to another port. Nothing is seen while nothing is attached. */
  receive(address: string, packets: number): void {
    if (this.attached.size === 0 || this.ignored.has(prefixText(parsePrefix(address)))) return;
    for (let packet = 0; packet < packets; packet++) this.#count(address);
  }

  /** Another source takes its place, or it was idle for too long: its last count is told, or counted as lost. */
  end(address: string, isEviction: boolean): void {
    const source = this.sources.get(address);
    if (source === undefined) return;
    if (source.changes > this.settings.threshold && source.changes !== source.reported) {
      if (this.#push(source, true)) source.reported = source.changes;
      else if (!isEviction)
        return; // an idle reset waits for the ring
      else this.#lose(source);
    }
    this.#retire(source);
  }

  forget(address: string): boolean {
    this.episodes.forget(address);
    return this.sources.delete(address);
  }

  forgetAll(): void {
    for (const address of [...this.sources.keys(), ...this.episodes.newest.keys()]) this.forget(address);
  }

  ack(position: number): void {
    this.ring.splice(0, position - this.acked);
    this.acked = position;
  }

  /** Marks a count as published, unless the source has begun a new episode; `first` is the lower half of its tick. */
  settle(address: string, first: number, changes: number): void {
    const source = this.sources.get(address);
    if (source !== undefined && source.first >>> 0 === first) source.reported = changes;
  }

  attach(device: string, mode: AttachMode): Attachment {
    if (!this.devices.has(device)) {
      throw new TickerError(`there is no device ${device}`, { code: 'UNKNOWN_DEVICE', remedy: '' });
    }
    const attachment = this.attached.get(device) ?? {
      ...{ device, ifindex: 1, programId: 1, linkId: 1 },
      mode: mode === 'skb' ? ('skb' as const) : ('driver' as const),
    };
    this.attached.set(device, attachment);
    return attachment;
  }

  /** The device goes, with what is attached to it, or comes. */
  setDevice(device: string, isThere: boolean): void {
    if (isThere) this.devices.add(device);
    else this.devices.delete(device);
    if (!isThere) this.attached.delete(device);
    this.onDevices();
  }

  changeIgnored(packed: Uint8Array, isIgnored: boolean): void {
    for (const prefix of unpackPrefixes(packed).map(prefixText)) {
      if (isIgnored) this.ignored.add(prefix);
      else this.ignored.delete(prefix);
    }
  }

  /** A process opens what is pinned, or makes it anew. */
  open(): void {
    if (this.isPinned) this.epoch = { ...this.epoch, resumed: true };
    else this.#begin();
    this.isPinned = true;
  }

  unpin(): void {
    for (const source of this.sources.values()) this.#retire(source);
    this.sequences.set(this.epoch.id, this.sequence);
    this.isPinned = false;
    this.attached.clear();
  }

  /** A count that is not above the threshold any more, which was raised, is not told. */
  #retire(source: Source): void {
    const { address, changes, reported } = source;
    if (changes <= this.settings.threshold && changes !== reported) this.episodes.leaveOpen(source);
    this.sources.delete(address);
  }

  #begin(): void {
    this.epoch = this.#newEpoch();
    this.sources = new Map();
    this.ring = [];
    this.written = 0;
    this.acked = 0;
    this.sequence = 0;
    this.drops = 0;
    this.ignored = new Set();
    this.settings = { ...this.settings, threshold: 20 };
  }

  #newEpoch(): Epoch {
    const { now } = this.#clock;
    const id = this.#chance.uuid().replaceAll('-', '').slice(0, 16);
    // Two steps of the sweep.
    return {
      id,
      bornTick: this.tick,
      bornTime: Math.floor(now),
      ticksPerSecond,
      maxSources: 32_768,
      resumed: false,
    };
  }

  #count(address: string): void {
    const source = this.sources.get(address) ?? this.#admit(address);
    source.changes += 1;
    source.last = this.tick;
    const { threshold } = this.settings;
    if (source.changes <= threshold) return;
    this.episodes.exceeds(source);
    if (source.reported !== 0 && source.changes < 2 * source.reported) return;
    if (this.#push(source, false)) source.reported = source.changes;
  }

  #admit(address: string): Source {
    const slot = this.#chance.whole(0, this.epoch.maxSources - 1);
    const { tick, epoch } = this;
    const source = { address, slot, epoch, changes: 0, first: tick, last: tick, reported: 0 };
    this.sources.set(address, source);
    return source;
  }

  #push(source: Source, isFinal: boolean): boolean {
    if (this.ring.length >= this.#ringCapacity) return false;
    this.sequence += 1;
    this.written += 1;
    const { sequence, drops, tick, settings } = this;
    this.ring.push({ sequence, drops, tick, threshold: settings.threshold, isFinal, source: { ...source } });
    this.onCrossing();
    return true;
  }

  #lose(source: Source): void {
    this.drops += 1;
    this.episodes.exceeds(source);
    this.episodes.leaveOpen(source);
  }
}
