import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packPrefixes, parsePrefix, prefixText, unpackPrefixes } from '../../src/common/address.ts';
import { IgnoreList } from '../../src/producer/ignore.ts';

/** A sensor with an ignore list, that notes what is asked of it. */
class NotingSensor {
  readonly calls: string[] = [];
  readonly #ignored: readonly string[];

  constructor(ignored: readonly string[]) {
    this.#ignored = ignored;
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

for (const [what, present, wanted, calls] of [
  [
    'a new sensor gets all',
    [],
    ['192.0.2.0/24', '2001:db8::1/128'],
    ['add 192.0.2.0/24', 'add 2001:db8::1/128'],
  ],
  ['what is there stays untouched', ['192.0.2.1'], ['192.0.2.1/32'], []],
  [
    'another spelling in the kernel is the same prefix',
    ['2001:DB8:0::/32', '::ffff:192.0.2.1'],
    ['2001:db8::/32', '192.0.2.1/32'],
    [],
  ],
  [
    'what is no longer wanted goes before what is new comes',
    ['192.0.2.1', '192.0.2.2'],
    ['192.0.2.2/32', '192.0.2.3/32'],
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
    const sensor = new NotingSensor(present);
    const list = new IgnoreList(sensor);
    list.set(new Set(wanted));
    assert.deepEqual(sensor.calls, calls);
    assert.deepEqual([...list.present].sort(), [...wanted].sort());
  });
}

test('a change that fails half-way leaves what the kernel then has', () => {
  const sensor = new NotingSensor(['192.0.2.1']);
  sensor.ignoreAdd = () => {
    throw new Error('no room');
  };
  const list = new IgnoreList(sensor);
  assert.throws(() => list.set(new Set(['192.0.2.2/32'])), /no room/);
  assert.deepEqual([...list.present], ['192.0.2.1/32']);
});
