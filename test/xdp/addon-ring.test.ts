import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { field, size } from '../../src/producer/native.ts';
import type { Sensor } from '../../xdp/addon/addon.d.ts';
import { runChild } from '../helpers/child.ts';
import { ethernet, ipv4, tcp } from '../helpers/frame.ts';
import { openSensor, scan } from '../helpers/open-sensor.ts';
import { unprivileged } from '../helpers/privileged.ts';
import { Sandbox } from '../helpers/sandbox.ts';

const eventSize = size('event');
const sequence = field('event', 'sequence', 8);
const address = field('event', 'source', 64) + field('source', 'address', 16);
const ports = field('event', 'source', 64) + field('source', 'ports', 12);
const recordSize = 8 + eventSize;

describe('the ring', { skip: unprivileged }, () => {
  test('gives the 22nd probe of a fresh source as one event', async (t) => {
    const sensor = await fresh(t);
    const ring = sensor.openRing();
    scan(sensor, '10.0.0.1', 21);
    assert.equal(ring.used, 0);
    scan(sensor, '10.0.0.1', 1, 22);
    assert.equal(ring.used, recordSize);

    const buffer = new Uint8Array(4 * eventSize);
    assert.equal(ring.pull(buffer), 1);
    const changes = field('event', 'source', 64) + field('source', 'changes', 4);
    assert.equal(new DataView(buffer.buffer).getUint32(changes, true), 21);
    assert.equal(ring.pull(buffer), 0);
  });

  test('gives only whole events that fit, in order, and the rest on the next pull', async (t) => {
    const sensor = await fresh(t);
    const ring = sensor.openRing();
    makeEvents(sensor, 5);
    const buffer = new Uint8Array(2 * eventSize + 100);
    assert.deepEqual(pullSequences(ring, buffer), [1, 2]);
    assert.deepEqual(pullSequences(ring, buffer), [3, 4]);
    assert.deepEqual(pullSequences(ring, buffer), [5]);
    assert.deepEqual(pullSequences(ring, buffer), []);
  });

  test('is freed by ack only, up to a position that was pulled', async (t) => {
    const sensor = await fresh(t);
    const ring = sensor.openRing();
    makeEvents(sensor, 3);
    const start = ring.position;
    pullSequences(ring, new Uint8Array(eventSize));
    const first = ring.position;
    pullSequences(ring, new Uint8Array(eventSize));
    assert.equal(first, start + recordSize);
    assert.equal(ring.used, 3 * recordSize);

    ring.ack(first);
    assert.equal(ring.acked, first);
    assert.equal(ring.used, 2 * recordSize);
    assert.throws(() => ring.ack(start), { code: 'EINVAL' });
    assert.throws(() => ring.ack(ring.position + 8), { code: 'EINVAL' });
    assert.throws(() => ring.ack(Number.NaN), { code: 'EINVAL' });
    assert.equal(ring.acked, first);
  });

  test('gives what was not acknowledged again, to a ring opened later', async (t) => {
    const sensor = await fresh(t);
    const ring = sensor.openRing();
    makeEvents(sensor, 3);
    const buffer = new Uint8Array(16 * eventSize);
    pullSequences(ring, buffer.subarray(0, eventSize));
    ring.ack(ring.position);
    assert.deepEqual(pullSequences(ring, buffer), [2, 3]);
    ring.close();
    assert.deepEqual(pullSequences(sensor.openRing(), buffer), [2, 3]);
  });

  test('gives what a process that died had not acknowledged, to the next process', async (t) => {
    const sandbox = await Sandbox.create(t);
    const { pinDirectory } = sandbox;
    assert.equal((await runChild({ pinDirectory, scenario: 'unacknowledged' })).output, 'ok\n');
    const sensor = openSensor(t, sandbox);
    assert.equal(sensor.epoch.resumed, true);
    assert.deepEqual(pullSequences(sensor.openRing(), new Uint8Array(eventSize)), [1]);
  });

  test('goes round: more events than it holds, each whole, acknowledged as they come', async (t) => {
    const sensor = await fresh(t, 4096);
    const ring = sensor.openRing();
    const buffer = new Uint8Array(8 * eventSize);
    const all: [number, string, string][] = [];
    const text = (from: number, bytes: number) =>
      Buffer.from(buffer.subarray(from, from + bytes)).toString('hex');
    for (let round = 0; round < 40; round++) {
      makeEvents(sensor, 5, round * 5);
      for (const [index, number] of pullSequences(ring, buffer).entries()) {
        const from = index * eventSize;
        all.push([number, text(from + address, 16), text(from + ports, 12)]);
      }
      ring.ack(ring.position);
    }
    const mapped = '00000000000000000000ffff0a0000';
    assert.deepEqual(
      all,
      Array.from({ length: 200 }, (_, index) => [
        index + 1,
        mapped + index.toString(16).padStart(2, '0'),
        '000100020003000400050006',
      ]),
    );
    assert.ok(ring.position > 4 * ring.size);
  });

  test('calls back once for each arming while anything is not acknowledged', async (t) => {
    const sensor = await fresh(t);
    const ring = sensor.openRing();
    t.after(() => ring.close());
    let calls = 0;
    let called = Promise.withResolvers<void>();
    ring.onReadable(() => {
      calls += 1;
      called.resolve();
    });

    makeEvents(sensor, 1);
    await turns();
    assert.equal(calls, 0, 'not armed yet');
    for (const expected of [1, 2]) {
      called = Promise.withResolvers();
      ring.arm();
      await called.promise;
      await turns();
      assert.equal(calls, expected);
    }

    pullSequences(ring, new Uint8Array(eventSize));
    ring.ack(ring.position);
    called = Promise.withResolvers();
    ring.arm();
    await turns();
    assert.equal(calls, 2, 'nothing new yet');
    makeEvents(sensor, 1, 1);
    await called.promise;
    assert.equal(calls, 3);
  });

  test('takes one reader and one callback, and no arming without one', async (t) => {
    const sensor = await fresh(t);
    const ring = sensor.openRing();
    assert.throws(() => sensor.openRing(), { code: 'EBUSY' });
    assert.throws(() => ring.arm(), { code: 'EINVAL' });
    ring.onReadable(() => {});
    assert.throws(() => ring.onReadable(() => {}), { code: 'EBUSY' });
    ring.close();
    sensor.openRing().close();
  });

  test('refuses a buffer that cannot take an event', async (t) => {
    const ring = (await fresh(t)).openRing();
    assert.throws(() => ring.pull(new Uint8Array(eventSize - 1)), {
      code: 'EINVAL',
      message: /smaller than one event/,
    });
    const wrong = new Uint16Array(eventSize) as unknown as Uint8Array;
    assert.throws(() => ring.pull(wrong), { code: 'EINVAL' });
  });

  test('is full, then delivers: the crossing that found no room comes with a later change', async (t) => {
    const sensor = await fresh(t, 4096);
    const ring = sensor.openRing();
    const room = Math.floor(ring.size / recordSize);
    makeEvents(sensor, room + 1);
    const buffer = new Uint8Array(ring.size);
    assert.equal(pullSequences(ring, buffer).length, room);
    ring.ack(ring.position);

    const full = sensor.tick();
    while (sensor.tick() === full) await new Promise(setImmediate);
    const late = `10.0.${room >> 8}.${room & 255}`;
    sensor.testRun(ethernet(ipv4({ source: late }, tcp({ to: 99 }))));
    assert.deepEqual(pullSequences(ring, buffer), [room + 1]);
    assert.deepEqual(sensor.counters(), { sequence: room + 1, drops: 0 });
  });
});

async function fresh(t: TestContext, ringBytes = 65_536): Promise<Sensor> {
  return openSensor(t, await Sandbox.create(t), { ringBytes });
}

/** One event each of so many sources that were not seen yet. */
function makeEvents(sensor: Sensor, count: number, first = 0): void {
  for (let host = first; host < first + count; host++) scan(sensor, `10.0.${host >> 8}.${host & 255}`);
}

function pullSequences(ring: ReturnType<Sensor['openRing']>, buffer: Uint8Array): number[] {
  const count = ring.pull(buffer);
  const view = new DataView(buffer.buffer, buffer.byteOffset);
  return Array.from({ length: count }, (_, index) =>
    Number(view.getBigUint64(index * eventSize + sequence, true)),
  );
}

/** Lets the event loop poll several times. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
}
