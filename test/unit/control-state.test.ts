import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyConfig } from '../../src/consumer/control/fold.ts';
import { ControlState } from '../../src/consumer/control/state.ts';

test('the newest version of the configurations of any number of sensors is known, and -1 of none', () => {
  const state = new ControlState();
  assert.equal(state.newestVersion, -1);
  for (let version = 200_000; version > 0; version -= 1)
    state.keepConfig({ ...emptyConfig(`sensor-${version}`), version });
  assert.equal(state.newestVersion, 200_000);
});
