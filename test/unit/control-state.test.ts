import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ControlState } from '../../src/consumer/control/state.ts';

const unset = {
  threshold: null,
  icmpEnable: null,
  countPolicy: null,
  idleReset: null,
  devices: [],
  commands: [],
};

test('the newest version of the configurations of any number of sensors is known, and -1 of none', () => {
  const state = new ControlState();
  assert.equal(state.newestVersion, -1);
  for (let version = 200_000; version > 0; version -= 1)
    state.keepConfig({ ...unset, sensor: `sensor-${version}`, version });
  assert.equal(state.newestVersion, 200_000);
});
