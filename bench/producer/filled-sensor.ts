import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { openNative } from '../../src/producer/native.ts';
import { type Origin, RecordReader } from '../../src/producer/record.ts';
import { type Cleanup, lastFirst } from '../../test/helpers/cleanup.ts';
import { Sandbox } from '../../test/helpers/sandbox.ts';
import type { Sensor } from '../../xdp/addon/addon.d.ts';

const pourInto = join(import.meta.dirname, '../../build/bench/pour_into');
const ringBytes = 8 * 1024 * 1024;
/** Most sources then get into the table, in spite of how it treats newcomers, and cross, some of them twice. */
const usualPackets = 60;

/** The kernel program with its maps, without a device: packets come by BPF_PROG_TEST_RUN. */
export interface FilledSensor {
  sensor: Sensor;
  origin: Origin;
  reader: RecordReader;
  /** Where the ring is pinned. */
  ringPath: string;
  /** So many packets of each of so many spoofed sources, each to a port of its own. */
  pour(sources: number, packetsEach?: number): void;
}

/** Gone with the cleanup. */
export async function filledSensor(t: Cleanup, maxSources = 65_536): Promise<FilledSensor> {
  const sandbox = await Sandbox.create(t);
  const sensor = openNative({ pinDirectory: sandbox.pinDirectory, maxSources, ringBytes });
  t.after(() => {
    sensor.unpin();
    sensor.close();
  });
  sensor.writeSettings({ threshold: 20, idleTicks: 0, icmpEnable: false, countAll: false });
  const origin: Origin = {
    sensor: 'edge1',
    epoch: sensor.epoch,
    now: () => ({ tick: sensor.tick(), time: Date.now() }),
    drops: () => sensor.counters().drops,
    devices: { nameOf: () => 'eth0', only: null },
  };
  const pins = join(sandbox.pinDirectory, 'layout_2');
  const pour = (sources: number, packetsEach = usualPackets) => {
    execFileSync(pourInto, [join(pins, 'program'), String(sources), String(packetsEach)]);
  };
  const reader = new RecordReader(origin);
  return { sensor, origin, reader, ringPath: join(pins, 'ring'), pour };
}

/** Runs an action with a cleanup of its own. */
export async function withCleanup<T>(action: (t: Cleanup) => Promise<T>): Promise<T> {
  const hooks: (() => unknown)[] = [];
  const cleanup = lastFirst({ after: (hook) => hooks.push(hook) });
  try {
    return await action(cleanup);
  } finally {
    for (const hook of hooks) await hook();
  }
}
