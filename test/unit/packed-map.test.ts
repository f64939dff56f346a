import assert from 'node:assert/strict';
import { test } from 'node:test';
import avro from 'avsc';
import { PackedMap } from '../../src/consumer/packed-map.ts';
import { Slabs } from '../../src/consumer/slabs.ts';
import { seededRandom } from '../helpers/random.ts';

const type = avro.Type.forSchema({
  type: 'record',
  name: 'Value',
  fields: [
    { name: 'number', type: 'long' },
    { name: 'text', type: 'string' },
  ],
});
const head = avro.Type.forSchema({
  type: 'record',
  name: 'Start',
  fields: [{ name: 'number', type: 'long' }],
});

interface Value {
  number: number;
  text: string;
}

function plain(map: Iterable<[string, Value]>): Record<string, Value> {
  return Object.fromEntries(Array.from(map, ([key, value]) => [key, { ...value }]));
}

test('any order of setting and deleting values of any length gives what a Map gives', (t) => {
  const random = seededRandom(t);
  const below = (limit: number) => Math.floor(random() * limit);
  const map = new Map<string, Value>();
  const packed = new PackedMap<Value>(type);
  for (let step = 0; step < 20_000; step += 1) {
    const key = `key${below(200)}`;
    const value = { number: below(2 ** 50), text: 'x'.repeat(below(step % 100 === 0 ? 5_000 : 60)) };
    if (random() < 0.3) {
      map.delete(key);
      packed.delete(key);
    } else {
      map.set(key, value);
      packed.set(key, value);
    }
  }
  assert.deepEqual(plain(packed), Object.fromEntries(map));
  assert.deepEqual([...packed.keys()].sort(), [...map.keys()].sort());
  assert.equal(packed.size, map.size);
});

test('a walk comes once past all that stays, whatever else comes and goes meanwhile', () => {
  const packed = new PackedMap<Value>(type);
  const put = (key: string) => packed.set(key, { number: 1, text: '' });
  for (let index = 0; index < 100; index += 1) put(`${index < 50 ? 'gone' : 'stays'}${index}`);
  const seen: string[] = [];
  for (const key of packed.keys()) {
    if (key.startsWith('stays')) seen.push(key);
    packed.delete(`gone${seen.length}`);
    if (packed.size < 1000) put(`new${packed.size}`);
    if (key.startsWith('stays')) put(key);
  }
  assert.equal(seen.length, 50);
  assert.equal(new Set(seen).size, 50);
});

test('keys of any characters are told apart', () => {
  const packed = new PackedMap<Value>(type);
  const keys = ['', 'a', 'ä', '\u{1f600}', 'a'.repeat(2_000), 'a'.repeat(2_001)];
  keys.forEach((key, number) => {
    packed.set(key, { number, text: '' });
  });
  assert.deepEqual([...packed.keys()], keys);
  assert.deepEqual(
    keys.map((key) => packed.get(key)?.number),
    keys.map((_, number) => number),
  );
  assert.throws(() => packed.set('ä'.repeat(40_000), { number: 1, text: '' }), RangeError);
});

test('a walk can take the first fields of each value alone', () => {
  const packed = new PackedMap<Value>(type);
  packed.set('a', { number: 1, text: 'long' });
  packed.set('b', { number: 2, text: '' });
  const numbers = Array.from(packed.heads<{ number: number }>(head), ([key, { number }]) => [key, number]);
  assert.deepEqual(numbers, [
    ['a', 1],
    ['b', 2],
  ]);
});

test('a value that does not fit leaves the one before it', () => {
  const packed = new PackedMap<Value>(type);
  packed.set('a', { number: 1, text: 'x' });
  assert.throws(() => packed.set('a', { number: 0.5, text: 'x' }));
  assert.throws(() => packed.set('a', { number: 2, text: 'x'.repeat(2 ** 20) }), RangeError);
  assert.deepEqual(plain(packed), { a: { number: 1, text: 'x' } });
});

test('room that is given back is given out again', () => {
  const slabs = new Slabs();
  const first = slabs.add(Buffer.from('one'));
  slabs.remove(first);
  const second = slabs.add(Buffer.from('two'));
  assert.equal(second, first);
  const { buffer, position } = slabs.at(second);
  assert.equal(buffer.toString('utf8', position, position + 3), 'two');
});
