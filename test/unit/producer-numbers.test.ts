import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kernelSettings, numbersOf } from '../../src/producer/numbers.ts';

const epoch = { ticksPerSecond: 62.5 };

test('seconds become ticks, the policy a flag', () => {
  assert.deepEqual(
    kernelSettings({ threshold: 0xffff_ffff, icmpEnable: true, countPolicy: 'all', idleReset: 3 }, epoch),
    { threshold: 0xffff_ffff, icmpEnable: true, countAll: true, idleTicks: 188 },
  );
});

test('what was set is read back, and an idle reset of 0 stays never', () => {
  for (const numbers of [
    { threshold: 0, icmpEnable: false, countPolicy: 'attempts', idleReset: 0 },
    { threshold: 200, icmpEnable: true, countPolicy: 'all', idleReset: 3599 },
  ] as const) {
    assert.deepEqual(numbersOf(kernelSettings(numbers, epoch), epoch), numbers);
  }
});
