import { parseAddress } from '../../src/common/address.ts';
import type { PortScanEvent } from '../../src/common/event.ts';
import { DeviceNames } from '../../src/producer/device-names.ts';
import { enumerators, field, openNative } from '../../src/producer/native.ts';
import { entrySize, eventSize, RecordReader } from '../../src/producer/record.ts';
import type { Ring, Sensor, SensorOptions } from '../../xdp/addon/addon.d.ts';
import type { Cleanup } from './cleanup.ts';
import { ethernet, ipv4, ipv6, tcp } from './frame.ts';
import { Sandbox } from './sandbox.ts';

export const XDP_DROP = 1;
export const XDP_PASS = 2;

const statistics = enumerators('statistic');
const flags = enumerators('flag');

/** Of an entry, where struct source begins. */
const entrySource = 8;
const evidence = {
  score: field('source', 'score', 1),
  flags: field('source', 'flags', 1),
  closed: field('source', 'closed', 1),
  open: field('source', 'open', 1),
  kinds: field('source', 'kinds', 2),
};

export interface Evidence {
  score: number;
  /** New ports found closed and open; halved together when one reaches 255. */
  closed: number;
  open: number;
  kinds: string[];
  tool: string;
}

/** The kernel program in a sandbox, fed with frames one by one. */
export class Kernel {
  readonly sensor: Sensor;
  readonly ring: Ring;
  readonly #reader: RecordReader;
  #before: Float64Array;

  static async open(t: Cleanup, options: Partial<SensorOptions> = {}): Promise<Kernel> {
    const sandbox = await Sandbox.create(t);
    const sensor = openNative({
      pinDirectory: sandbox.pinDirectory,
      maxSources: 4096,
      ringBytes: 65_536,
      ...options,
    });
    t.after(() => {
      sensor.unpin();
      sensor.close();
    });
    return new Kernel(sensor);
  }

  private constructor(sensor: Sensor) {
    this.sensor = sensor;
    this.ring = sensor.openRing();
    this.#before = sensor.statistics();
    this.#reader = new RecordReader({
      sensor: 'test',
      epoch: sensor.epoch,
      now: () => ({ tick: sensor.tick(), time: Date.now() }),
      drops: () => sensor.counters().drops,
      devices: new DeviceNames(sensor.epoch),
    });
  }

  configure(settings: { threshold?: number; idleTicks?: number; icmpEnable?: boolean; countAll?: boolean }) {
    this.sensor.writeSettings({
      threshold: 20,
      idleTicks: 0,
      icmpEnable: false,
      countAll: false,
      ...settings,
    });
  }

  /** The verdict on one frame. */
  run(frame: Uint8Array): number {
    return this.sensor.testRun(frame).verdict;
  }

  /** One SYN from a source to each port; returns how many packets passed. */
  probe(source: string, ports: Iterable<number>): number {
    let passed = 0;
    for (const to of ports) {
      const segment = tcp({ to });
      const packet = source.includes(':') ? ipv6({ source }, segment) : ipv4({ source }, segment);
      if (this.run(ethernet(packet)) === XDP_PASS) passed += 1;
    }
    return passed;
  }

  /** What the statistics have grown by since the last call, without those that have not. */
  changes(): Record<string, number> {
    const now = this.sensor.statistics();
    const grown = Object.entries(statistics)
      .map(([name, index]) => [name, (now[index] ?? 0) - (this.#before[index] ?? 0)] as const)
      .filter(([, difference]) => difference > 0);
    this.#before = now;
    return Object.fromEntries(grown);
  }

  /** Takes what is in the ring, and frees it. */
  events(): PortScanEvent[] {
    const buffer = new Uint8Array(64 * eventSize);
    const all: PortScanEvent[] = [];
    for (let count = this.ring.pull(buffer); count > 0; count = this.ring.pull(buffer)) {
      all.push(...this.#reader.readEvents(buffer, count));
    }
    this.ring.ack(this.ring.position);
    return all;
  }

  /** The table's entry of a source, as the sweep would publish it, or null. */
  entry(source: string): PortScanEvent | null {
    const bytes = this.sensor.find(parseAddress(source));
    return bytes === null ? null : (this.#reader.readEntries(bytes, 1, 0)[0] ?? null);
  }

  /** The count of a source, null when it is not in the table. */
  count(source: string): number | null {
    return this.entry(source)?.changeCount ?? null;
  }

  /** What the table knows of a source beside its count. */
  evidence(source: string): Evidence | null {
    const bytes = this.sensor.find(parseAddress(source));
    if (bytes === null) return null;
    const view = new DataView(bytes.buffer, bytes.byteOffset + entrySource);
    const kinds = view.getUint16(evidence.kinds, true);
    const tool = view.getUint8(evidence.flags) >> (flags['FLAG_TOOL_SHIFT'] ?? 0);
    return {
      score: view.getInt8(evidence.score),
      closed: view.getUint8(evidence.closed),
      open: view.getUint8(evidence.open),
      kinds: Object.entries(enumerators('kind'))
        .filter(([, bit]) => (kinds & bit) !== 0)
        .map(([name]) => name.slice('KIND_'.length)),
      tool: Object.entries(enumerators('tool')).find(([, value]) => value === tool)?.[0] ?? '',
    };
  }

  /** One sweep: what it would publish; marks it as published unless told otherwise. */
  sweep(threshold: number, { settle = true } = {}): PortScanEvent[] {
    const { maxSources } = this.sensor.epoch;
    const buffer = new Uint8Array(maxSources * entrySize);
    const { entries } = this.sensor.collect(buffer, 0, maxSources, threshold);
    if (settle) this.sensor.settle(buffer, entries);
    return this.#reader.readEntries(buffer, entries, threshold);
  }

  /** Until the kernel's tick is another one: it does not ask a full ring again within the same tick. */
  async nextTick(ticks = 1): Promise<void> {
    const target = this.sensor.tick() + ticks;
    while (this.sensor.tick() < target) await new Promise(setImmediate);
  }
}

/** `length` ports from `first` on. */
export function portRange(first: number, length: number): number[] {
  return Array.from({ length }, (_, index) => first + index);
}
