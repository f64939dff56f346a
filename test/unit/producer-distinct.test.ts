import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { distinctPorts } from '../../src/producer/distinct.ts';

/** The formula of xdp/sketch.h: m bits, and C, which its error follows from. */
const m = 64;
const c = 12.5;
const q = 1 - 2 / (c + 1);
const capacity = 6;
const rates = ratesOf(readFileSync(new URL('../../xdp/sketch.h', import.meta.url), 'utf8'));

test('the kernel samples at the rates of the formula beside its table', () => {
  assert.equal(rates.length, m);
  for (const [bits, rate] of rates.entries()) {
    const i = Math.min(bits + 1, Math.floor(m - c / 2));
    const expected = (m / (m + 1 - i)) * (1 + 1 / c) * q ** i * 2 ** 32;
    assert.ok(Math.abs(rate - expected) <= 1, `${bits} bits set: ${rate} instead of ${expected}`);
  }
});

test('the estimate is how many ports the rates need on average for so many bits', () => {
  let ports = 0;
  for (let bits = 0; bits <= Math.floor(m - c / 2); bits++) {
    const estimate = distinctPorts(capacity, bits, capacity);
    if (ports < 65_536) {
      assert.ok(Math.abs(estimate - Math.max(capacity, ports)) <= 1, `${bits}: ${estimate}, not ${ports}`);
    }
    ports += 2 ** 32 / ((rates[bits] ?? 0) * ((m - bits) / m));
  }
});

test('below six ports the number is exact, whatever the sketch says', () => {
  for (let exact = 0; exact < capacity; exact++) {
    for (const sketched of [0, exact, m]) assert.equal(distinctPorts(exact, sketched, capacity), exact);
  }
});

test('the estimate is a whole number, grows with the sketch, and stays within what is possible', () => {
  let before = 0;
  for (let sketched = 0; sketched <= m; sketched++) {
    const estimate = distinctPorts(capacity, sketched, capacity);
    assert.ok(Number.isInteger(estimate) && estimate >= before && estimate >= capacity && estimate <= 65_536);
    before = estimate;
  }
  assert.equal(before, 65_536);
});

function ratesOf(header: string): number[] {
  const [, table = ''] = /sketch_rate\[64\] = \{([^}]*)\}/.exec(header) ?? [];
  return [...table.matchAll(/\d+/g)].map(Number);
}
