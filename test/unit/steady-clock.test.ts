import assert from 'node:assert/strict';
import { test } from 'node:test';
import { steadyNow } from '../../src/common/steady-clock.ts';

test('the steady clock begins with the wall clock', () => {
  assert.ok(Math.abs(steadyNow() - Date.now()) < 1_000);
});

for (const hours of [1, -1]) {
  test(`the steady clock does not follow a wall clock that is set by ${hours} h`, (t) => {
    const before = steadyNow();
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + hours * 3_600_000 });
    const passed = steadyNow() - before;
    assert.ok(passed >= 0 && passed < 60_000, `${passed} ms`);
  });
}
