import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../../src/common/address.ts';
import { Kernel, portRange } from '../helpers/kernel.ts';
import { unprivileged } from '../helpers/privileged.ts';

const source = '192.0.2.1';
const other = '2001:db8::1';

test('a source that is forgotten is a newcomer with its next packet', { skip: unprivileged }, async (t) => {
  const kernel = await Kernel.open(t);
  kernel.probe(source, portRange(1, 30));
  kernel.probe(other, portRange(1, 30));
  assert.equal(kernel.events().length, 2);
  const before = kernel.entry(source)?.episode ?? 0;
  await kernel.nextTick();
  kernel.changes();

  assert.equal(kernel.sensor.forget(parseAddress(source)), true);
  assert.equal(kernel.count(source), null);
  assert.equal(kernel.count(other), 29);
  assert.equal(kernel.sensor.sourceCount(), 1);
  kernel.probe(source, portRange(1, 22));
  assert.equal(kernel.count(source), 21);
  assert.ok((kernel.entry(source)?.episode ?? 0) > before);
  assert.deepEqual(
    kernel.events().map(({ changeCount }) => changeCount),
    [21],
  );
  const grown = kernel.changes();
  assert.deepEqual([grown['STAT_SOURCES_ADMITTED'], grown['STAT_SOURCES_EVICTED']], [1, undefined]);
});

test('a forgotten source with an undelivered count says nothing any more', {
  skip: unprivileged,
}, async (t) => {
  const kernel = await Kernel.open(t);
  kernel.probe(source, portRange(1, 30));
  kernel.events();
  assert.equal(kernel.sweep(20, { settle: false }).length, 1);
  kernel.sensor.forget(parseAddress(source));
  assert.equal(kernel.sweep(20).length, 0);
  kernel.probe(source, [1]);
  assert.deepEqual(kernel.events(), []);
  assert.equal(kernel.sensor.counters().drops, 0);
});

test('who is not in the table is not forgotten, and all are forgotten at once', {
  skip: unprivileged,
}, async (t) => {
  const kernel = await Kernel.open(t);
  assert.equal(kernel.sensor.forget(parseAddress(source)), false);
  for (const last of portRange(1, 100)) kernel.probe(`192.0.2.${last}`, [1, 2]);
  assert.equal(kernel.sensor.sourceCount(), 100);
  kernel.sensor.forgetAll();
  assert.equal(kernel.sensor.sourceCount(), 0);
  kernel.probe(source, [1, 2]);
  assert.equal(kernel.count(source), 1);
});

test('the settings in force are those that were written last', { skip: unprivileged }, async (t) => {
  const { sensor } = await Kernel.open(t);
  const written = { threshold: 0xffff_ffff, idleTicks: 77, icmpEnable: true, countAll: true };
  sensor.writeSettings(written);
  assert.deepEqual(sensor.settings, written);
});
