/**
 * A process of its own that uses the addon: for what ends a process, or must happen in another one.
 *
 *     node addon-child.ts ADDON PIN_DIRECTORY SCENARIO
 *
 * Prints "ok" when the scenario went as it says, or the code and message of what the addon threw.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { loadAddon } from '../../src/common/addon.ts';
import type { NativeError, Ring, Sensor } from '../../xdp/addon/addon.d.ts';
import { eventually } from './eventually.ts';
import { ethernet, ipv4, tcp } from './frame.ts';

const [addonPath = '', pinDirectory = '', scenario = ''] = process.argv.slice(2);
const addon = loadAddon(addonPath);
const buffer = new Uint8Array(64 * addon.layout.structs.event.size);

const scenarios: Record<string, () => void | Promise<void>> = {
  /** Opens and keeps what it opened until its standard input ends, then lets go. */
  async hold() {
    const sensor = open();
    print('ready');
    process.stdin.resume();
    await once(process.stdin, 'end');
    sensor.close();
  },

  open() {
    open().close();
  },

  /** Leaves one event pulled but not acknowledged, and the sensor open, to the end of the process. */
  unacknowledged() {
    const ring = withEvent().ring;
    assert.equal(ring.pull(buffer), 1);
  },

  exitWhileArmed() {
    const { ring } = withEvent();
    ring.onReadable(() => {});
    ring.arm();
    ring.unref();
  },

  async exitInCallback() {
    const { ring } = withEvent();
    ring.onReadable(() => {
      writeSync(1, 'ok\n');
      process.exit(0);
    });
    ring.arm();
    await new Promise(() => {});
  },

  async throwInCallback() {
    const { ring } = withEvent();
    ring.onReadable(() => {
      throw new Error('thrown in the callback');
    });
    ring.arm();
    const [error] = await once(process, 'uncaughtException');
    assert.equal(error.message, 'thrown in the callback');
    ring.close();
  },

  async closeInCallback() {
    const { ring, sensor } = withEvent();
    await new Promise<void>((resolve) => {
      ring.onReadable(() => {
        ring.close();
        sensor.close();
        resolve();
      });
      ring.arm();
    });
  },

  async terminateWorkers() {
    for (let round = 0; round < 20; round++) {
      const worker = startWorker('workerArmed');
      await once(worker, 'message');
      await worker.terminate();
    }
  },

  async exitInWorkers() {
    for (let round = 0; round < 5; round++) await once(startWorker('workerExits'), 'exit');
  },

  closeTwice() {
    const { sensor, ring } = withEvent();
    ring.onReadable(() => {});
    ring.arm();
    ring.close();
    ring.close();
    sensor.close();
    sensor.close();
  },

  useAfterClose() {
    const { sensor, ring } = withEvent();
    assert.throws(() => sensor.openRing(), { code: 'EBUSY' });
    ring.close();
    for (const use of ringUses(ring)) assert.throws(use, { code: 'ECLOSED' });
    const orphan = sensor.openRing();
    sensor.close();
    for (const use of [...ringUses(orphan), ...sensorUses(sensor)]) assert.throws(use, { code: 'ECLOSED' });
  },

  /** A sensor that is closed while its ring is watched must not keep the process alive. */
  closeSensorFirst() {
    const { sensor, ring } = withEvent();
    ring.onReadable(() => {});
    ring.arm();
    sensor.close();
  },

  /** A forgotten sensor lets go of its lock. One whose ring is watched is not forgotten. */
  async collectGarbage() {
    (() => withEvent())();
    await eventually('a forgotten sensor is collected', () => {
      globalThis.gc?.();
      return canOpen();
    });

    let isReadable = false;
    const sensor = (() => {
      const sensor = open();
      const ring = sensor.openRing();
      for (let count = ring.pull(buffer); count > 0; count = ring.pull(buffer)) ring.ack(ring.position);
      ring.onReadable(() => {
        isReadable = true;
        ring.close();
      });
      ring.arm();
      return new WeakRef(sensor);
    })();
    await nextTurn();
    globalThis.gc?.();
    await nextTurn();
    scan(sensor.deref());
    await eventually('the watched ring calls back', () => isReadable);
  },

  exitWhileLinksAreWatched() {
    const links = new addon.LinkWatch();
    links.onChange(() => {});
    links.arm();
    links.unref();
  },

  async terminateWorkersThatWatchLinks() {
    for (let round = 0; round < 20; round++) {
      const worker = startWorker('workerWatchesLinks');
      await once(worker, 'message');
      await worker.terminate();
    }
  },

  workerWatchesLinks() {
    const links = new addon.LinkWatch();
    links.onChange(() => {});
    links.arm();
    parentPort?.postMessage('watching');
  },

  workerArmed() {
    const { ring } = withEvent();
    ring.onReadable(() => parentPort?.postMessage('readable'));
    ring.arm();
  },

  workerExits() {
    const { ring } = withEvent();
    ring.onReadable(() => process.exit(0));
    ring.arm();
  },
};

try {
  await scenarios[process.env['WORKER_SCENARIO'] ?? scenario]?.();
  if (isMainThread) print('ok');
} catch (error) {
  const { code, message, remedy } = error as NativeError;
  print(JSON.stringify({ code, message, remedy }));
  process.exitCode = 1;
}

function open(): Sensor {
  return new addon.Sensor({ pinDirectory, maxSources: 4096, ringBytes: 65_536 });
}

function canOpen(): boolean {
  try {
    open().close();
    return true;
  } catch {
    return false;
  }
}

/** An open sensor with at least one event in its ring. */
function withEvent(): { sensor: Sensor; ring: Ring } {
  const sensor = open();
  scan(sensor);
  const ring = sensor.openRing();
  assert.ok(ring.used > 0);
  return { sensor, ring };
}

/** Makes an event: a new source each time, 22 ports. */
function scan(sensor: Sensor | undefined): void {
  const source = `10.${Array.from(randomBytes(3)).join('.')}`;
  for (let to = 1; to <= 22; to++) sensor?.testRun(ethernet(ipv4({ source }, tcp({ to }))));
}

function ringUses(ring: Ring): (() => unknown)[] {
  return [
    () => ring.pull(buffer),
    () => ring.ack(0),
    () => ring.position,
    () => ring.used,
    () => ring.onReadable(() => {}),
    () => ring.arm(),
    () => ring.unref(),
  ];
}

function sensorUses(sensor: Sensor): (() => unknown)[] {
  return [
    () => sensor.epoch,
    () => sensor.tick(),
    () => sensor.attach('lo', 'auto'),
    () => sensor.attachments(),
    () => sensor.statistics(),
    () => sensor.collect(buffer, 0, 1, 20),
    () => sensor.openRing(),
    () => sensor.unpin(),
  ];
}

function startWorker(workerScenario: string): Worker {
  return new Worker(new URL(import.meta.url), {
    argv: process.argv.slice(2),
    env: { ...process.env, WORKER_SCENARIO: workerScenario },
  });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
