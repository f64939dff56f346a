import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fullTick, timeAt } from '../../src/producer/clock.ts';

const wrap = 2 ** 32;

for (const [what, now, tick] of [
  ['now', 1000, 1000],
  ['a little before now', 1000, 900],
  ['a little after now, read on another CPU', 1000, 1003],
  ['before the wrap, seen after it', wrap + 5, wrap - 7],
  ['after the wrap, seen before it', wrap - 7, wrap + 5],
  ['the wrap itself', wrap + 1, wrap],
  ['after several wraps', 5 * wrap + 10, 5 * wrap - 10],
  ['half a wrap ago', 3 * wrap, 3 * wrap - wrap / 2],
  ['almost a wrap ago: an episode that lasts for months', 3 * wrap, 2 * wrap + 2 ** 24],
] as const) {
  test(`32 bits of a tick stand for the last such tick, or one just after now: ${what}`, () => {
    assert.equal(fullTick(tick % wrap, now), tick);
  });
}

test('ticks become wall clock time from a moment at which both were read, before and after it', () => {
  const from = { tick: 1_000_000, time: 1_780_000_000_000 };
  assert.equal(timeAt(1_000_000, from, 62.5), 1_780_000_000_000);
  assert.equal(timeAt(1_000_125, from, 62.5), 1_780_000_002_000);
  assert.equal(timeAt(999_875, from, 62.5), 1_779_999_998_000);
});

test('times are whole milliseconds, whatever a tick lasts', () => {
  const from = { tick: 0, time: 1_780_000_000_000 };
  assert.equal(timeAt(1, from, 75), 1_780_000_000_013);
  assert.equal(timeAt(2, from, 75), 1_780_000_000_027);
});
