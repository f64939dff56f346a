import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SensorConfig } from '../../src/common/control/records.ts';
import { commandsKept, fold } from '../../src/consumer/control/fold.ts';
import type { Order } from '../../src/consumer/control/order.ts';

/** The configuration after these orders, at offsets 0, 1, 2 … */
function after(...orders: Order[]): SensorConfig | undefined {
  return orders.reduce<SensorConfig | undefined>((held, order, offset) => {
    return fold(held, { id: `id-${offset}`, sensor: 'edge1', order, offset, expiresAt: null }).config;
  }, undefined);
}

test('every field carries the offset of the command that set it', () => {
  const config = after(
    { command: 'set-threshold', value: 200 },
    { command: 'set-icmp', value: true },
    { command: 'set-count-policy', value: 'all' },
    { command: 'set-idle-reset', value: 60 },
    { command: 'set-threshold', value: null },
  );
  assert.deepEqual(config?.threshold, { value: null, offset: 4 });
  assert.deepEqual(config?.icmpEnable, { value: true, offset: 1 });
  assert.deepEqual(config?.countPolicy, { value: 'all', offset: 2 });
  assert.deepEqual(config?.idleReset, { value: 60, offset: 3 });
  assert.equal(config?.version, 4);
});

test('devices are fields of their own, also when they are detached', () => {
  const config = after(
    { command: 'attach', device: 'eth0', mode: 'auto' },
    { command: 'attach', device: 'eth1', mode: 'skb' },
    { command: 'detach', device: 'eth0' },
  );
  assert.deepEqual(config?.devices, [
    { device: 'eth1', mode: 'skb', offset: 1 },
    { device: 'eth0', mode: null, offset: 2 },
  ]);
});

test('prefixes are records of their own; the version rises with them and with actions', () => {
  const add = fold(undefined, {
    id: 'a',
    sensor: '*',
    order: { command: 'ignore-add', prefixes: ['192.0.2.0/24', '2001:db8::/32'] },
    offset: 7,
    expiresAt: 99,
  });
  assert.deepEqual(add.prefixes, [
    { sensor: '*', prefix: '192.0.2.0/24', ignored: true, offset: 7 },
    { sensor: '*', prefix: '2001:db8::/32', ignored: true, offset: 7 },
  ]);
  assert.equal(add.config.version, 7);
  assert.deepEqual(add.config.commands, [
    { id: 'a', command: 'ignore-add', offset: 7, source: null, expiresAt: 99 },
  ]);

  const explain = fold(add.config, {
    id: 'b',
    sensor: '*',
    order: { command: 'explain', source: '192.0.2.1' },
    offset: 9,
    expiresAt: null,
  });
  assert.deepEqual([explain.prefixes, explain.config.version], [[], 9]);
  assert.equal(explain.config.commands.at(-1)?.source, '192.0.2.1');
});

test('the last commands are kept, oldest first', () => {
  const orders = new Array<Order>(commandsKept + 3).fill({ command: 'clear-report' });
  const commands = after(...orders)?.commands ?? [];
  assert.equal(commands.length, commandsKept);
  assert.deepEqual([commands[0]?.offset, commands.at(-1)?.offset], [3, commandsKept + 2]);
});
