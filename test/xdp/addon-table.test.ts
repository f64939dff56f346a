import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { addressText, parseAddress } from '../../src/common/address.ts';
import { field } from '../../src/producer/native.ts';
import { entrySize } from '../../src/producer/record.ts';
import type { Sensor } from '../../xdp/addon/addon.d.ts';
import { openSensor, scan } from '../helpers/open-sensor.ts';
import { unprivileged } from '../helpers/privileged.ts';
import { Sandbox } from '../helpers/sandbox.ts';

const maxSources = 4096;
const threshold = 20;
const sourceAt = 8;

describe('the table', { skip: unprivileged }, () => {
  test('counts its sources', async (t) => {
    const sensor = await fresh(t);
    assert.equal(sensor.sourceCount(), 0);
    for (let host = 1; host <= 100; host++) scan(sensor, `10.0.0.${host}`, 1);
    assert.equal(sensor.sourceCount(), 100);
  });

  test('collects sources above the threshold whose count was not published', async (t) => {
    const sensor = await fresh(t);
    scan(sensor, '10.0.0.1', 21); // 20 changes: not above
    scan(sensor, '10.0.0.2', 22); // published by its event
    scan(sensor, '10.0.0.3', 30); // 8 changes after its event
    assert.deepEqual(collect(sensor), [['10.0.0.3', 29]]);
    assert.deepEqual(collect(sensor, 10).sort(), [
      ['10.0.0.1', 20],
      ['10.0.0.3', 29],
    ]);
    assert.deepEqual(collect(sensor, 29), []);
  });

  test('collects nothing twice that was settled, until it changes again', async (t) => {
    const sensor = await fresh(t);
    scan(sensor, '10.0.0.3', 30);
    const buffer = new Uint8Array(4 * entrySize);
    const { entries } = sensor.collect(buffer, 0, maxSources, threshold);
    assert.equal(entries, 1);
    assert.equal(collect(sensor).length, 1, 'not settled yet');
    sensor.settle(buffer, entries);
    assert.deepEqual(collect(sensor), []);
    scan(sensor, '10.0.0.3', 1, 100);
    assert.deepEqual(collect(sensor), [['10.0.0.3', 30]]);
  });

  test('settles the count that was collected, not the one of now', async (t) => {
    const sensor = await fresh(t);
    scan(sensor, '10.0.0.3', 30);
    const buffer = new Uint8Array(entrySize);
    sensor.collect(buffer, 0, maxSources, threshold);
    scan(sensor, '10.0.0.3', 1, 100);
    sensor.settle(buffer, 1);
    assert.deepEqual(collect(sensor), [['10.0.0.3', 30]]);
  });

  test('does not settle a source that was published meanwhile, or another one in its slot', async (t) => {
    const sensor = await fresh(t);
    scan(sensor, '10.0.0.3', 30);
    const buffer = new Uint8Array(entrySize);
    sensor.collect(buffer, 0, maxSources, threshold);
    const entry = { address: sourceAt + 15, first: sourceAt + field('source', 'first', 4), slot: 0 };
    for (const [name, at] of Object.entries(entry)) {
      const altered = Uint8Array.from(buffer);
      altered[at] = (altered[at] ?? 0) ^ 1;
      sensor.settle(altered, 1);
      assert.equal(collect(sensor).length, 1, `another ${name}`);
    }
    scan(sensor, '10.0.0.3', 20, 100); // its second event: 49 changes, at 42
    const later = collect(sensor);
    sensor.settle(buffer, 1);
    assert.deepEqual(collect(sensor), later);
  });

  test('refuses to settle more entries than it is given, and slots beyond the end do no harm', async (t) => {
    const sensor = await fresh(t);
    assert.throws(() => sensor.settle(new Uint8Array(entrySize), 2), { code: 'EINVAL' });
    sensor.settle(new Uint8Array(entrySize).fill(0xff), 1);
  });

  test('is collected in parts: so many slots at a time, and no more than fits', async (t) => {
    const sensor = await fresh(t);
    const sources = Array.from({ length: 50 }, (_, index) => `10.0.0.${index + 1}`);
    for (const source of sources) scan(sensor, source, 23);
    const buffer = new Uint8Array(7 * entrySize + 5);
    const found: string[] = [];
    let from = 0;
    let calls = 0;
    while (from < maxSources) {
      const { entries, next } = sensor.collect(buffer, from, 100, threshold);
      assert.ok(entries <= 7);
      assert.ok(next > from && next <= from + 100);
      found.push(...addresses(buffer, entries));
      from = next;
      calls += 1;
    }
    assert.equal(from, maxSources);
    assert.ok(calls >= 41);
    assert.deepEqual(found.sort(), sources.sort());
    assert.deepEqual(sensor.collect(buffer, maxSources, 100, threshold), { entries: 0, next: maxSources });
    assert.deepEqual(sensor.collect(buffer, 2 ** 32 - 1, 2 ** 32 - 1, threshold), {
      entries: 0,
      next: maxSources,
    });
  });

  test('finds a source by its address', async (t) => {
    const sensor = await fresh(t);
    scan(sensor, '10.0.0.9', 3);
    const entry = sensor.find(parseAddress('10.0.0.9'));
    assert.ok(entry);
    assert.equal(entry.length, entrySize);
    assert.equal(changesOf(entry, 0), 2);
    assert.equal(sensor.find(parseAddress('10.0.0.8')), null);
    assert.throws(() => sensor.find(new Uint8Array(4)), { code: 'EINVAL' });
  });

  test('knows the time: ticks advance as the epoch says', async (t) => {
    const sensor = await fresh(t);
    const { bornTick, bornTime, ticksPerSecond } = sensor.epoch;
    const elapsed = () => (sensor.tick() - bornTick) / ticksPerSecond;
    const real = () => (Date.now() - bornTime) / 1000;
    while (elapsed() < 0.5) await new Promise(setImmediate);
    assert.ok(Math.abs(elapsed() - real()) < 0.1);
  });
});

async function fresh(t: TestContext): Promise<Sensor> {
  return openSensor(t, await Sandbox.create(t), { maxSources });
}

/** Sources and their counts. */
function collect(sensor: Sensor, above = threshold): [string, number][] {
  const buffer = new Uint8Array(maxSources * entrySize);
  const { entries, next } = sensor.collect(buffer, 0, maxSources, above);
  assert.equal(next, maxSources);
  return addresses(buffer, entries).map((address, index) => [address, changesOf(buffer, index)]);
}

function addresses(buffer: Uint8Array, entries: number): string[] {
  const at = sourceAt + field('source', 'address', 16);
  return Array.from({ length: entries }, (_, index) => addressText(buffer, index * entrySize + at));
}

function changesOf(buffer: Uint8Array, index: number): number {
  const at = sourceAt + field('source', 'changes', 4);
  return new DataView(buffer.buffer, buffer.byteOffset).getUint32(index * entrySize + at, true);
}
