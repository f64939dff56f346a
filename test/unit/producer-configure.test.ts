import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packPrefixes, parsePrefix, prefixText, unpackPrefixes } from '../../src/common/address.ts';
import { type ConfigurableSensor, configure } from '../../src/producer/configure.ts';
import type { ProducerSettings } from '../../src/producer/settings.ts';
import type { Settings } from '../../xdp/addon/addon.d.ts';
import frozen from '../fixtures/kernel-records-v1.json' with { type: 'json' };

const own: ProducerSettings['own'] = {
  threshold: 20,
  icmpEnable: false,
  ignore: [],
  countPolicy: 'attempts',
  idleReset: 3600,
};

/** A sensor with an ignore list, that notes what is asked of it. */
class NotingSensor implements ConfigurableSensor {
  readonly epoch = frozen.epoch;
  readonly written: Settings[] = [];
  readonly calls: string[] = [];
  readonly #ignored: readonly string[];

  constructor(...ignored: string[]) {
    this.#ignored = ignored;
  }

  writeSettings(settings: Settings): void {
    this.written.push(settings);
  }

  ignoreList(): Uint8Array {
    return packPrefixes(this.#ignored.map(parsePrefix));
  }

  ignoreAdd(prefixes: Uint8Array): void {
    this.calls.push(...unpackPrefixes(prefixes).map((prefix) => `add ${prefixText(prefix)}`));
  }

  ignoreRemove(prefixes: Uint8Array): void {
    this.calls.push(...unpackPrefixes(prefixes).map((prefix) => `remove ${prefixText(prefix)}`));
  }
}

test('all numbers are written at once, seconds as ticks', () => {
  const sensor = new NotingSensor();
  configure(sensor, { ...own, threshold: 0xffff_ffff, icmpEnable: true, countPolicy: 'all', idleReset: 3 });
  assert.deepEqual(sensor.written, [
    { threshold: 0xffff_ffff, icmpEnable: true, countAll: true, idleTicks: 188 },
  ]);
  assert.deepEqual(sensor.calls, []);
});

test('the policy attempts does not count all, and an idle reset of 0 stays never', () => {
  const sensor = new NotingSensor();
  configure(sensor, { ...own, idleReset: 0 });
  assert.deepEqual(sensor.written, [{ threshold: 20, icmpEnable: false, countAll: false, idleTicks: 0 }]);
});

for (const [what, present, ignore, calls] of [
  ['a new sensor gets all', [], ['192.0.2.0/24', '2001:db8::1'], ['add 192.0.2.0/24', 'add 2001:db8::1/128']],
  ['what is there stays untouched', ['192.0.2.1'], ['192.0.2.1/32'], []],
  [
    'another spelling is the same prefix',
    ['2001:db8::/32', '192.0.2.1'],
    ['2001:0DB8:0::/32', '::ffff:192.0.2.1'],
    [],
  ],
  [
    'what is no longer wanted goes before what is new comes',
    ['192.0.2.1', '192.0.2.2'],
    ['192.0.2.2', '192.0.2.3'],
    ['remove 192.0.2.1/32', 'add 192.0.2.3/32'],
  ],
  [
    'another length is another prefix',
    ['192.0.2.0/24'],
    ['192.0.2.0/25'],
    ['remove 192.0.2.0/24', 'add 192.0.2.0/25'],
  ],
  ['an empty list removes all', ['192.0.2.1', '::/0'], [], ['remove 192.0.2.1/32', 'remove ::/0']],
] as const) {
  test(`the ignore list changes by its difference: ${what}`, () => {
    const sensor = new NotingSensor(...present);
    configure(sensor, { ...own, ignore: [...ignore] });
    assert.deepEqual(sensor.calls, calls);
  });
}
