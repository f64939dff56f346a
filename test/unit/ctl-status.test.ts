import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SensorStatus } from '../../src/common/control/records.ts';
import { fleetView } from '../../src/ctl/status.ts';
import { sensorStatus } from '../helpers/commands.ts';

const now = 1_790_000_000_000;

/** Sensors and how many seconds ago each has said so. */
function fleet(...said: (readonly [age: number, changed: Partial<SensorStatus>])[]) {
  return new Map(
    said.map(([age, changed]) => {
      const status = sensorStatus(changed);
      return [status.sensor, { value: status, timestamp: now - age * 1000 }] as const;
    }),
  );
}

function screen(sensors: ReturnType<typeof fleet>, sensor = '*'): string {
  return fleetView(sensor, false).text(sensors, now);
}

test('a healthy sensor is one line and the summary', () => {
  const text = screen(
    fleet([3, { configVersion: 17, sources: 12, ringUsed: 4096, ringSize: 1_048_576, ignoredPrefixes: 2 }]),
  );
  assert.deepEqual(
    text.split('\n').map((line) => line.split(/ {2,}/)),
    [
      'SENSOR STATE AGE DEVICES THRESHOLD ICMP IGNORED SOURCES RING EVENTS DROPS CONFIG'.split(' '),
      ['edge1', 'RUNNING', '3 s', 'eth0:driver', '20 attempts', '0', '2', '12/65536', '1%', '0', '0', '17'],
      ['1 sensor: 1 RUNNING'],
    ],
  );
});

test('what has not been heard of for more than 30 s is UNKNOWN, a clean stop stays one', () => {
  const text = screen(
    fleet([30, { sensor: 'a' }], [31, { sensor: 'b' }], [9_000, { sensor: 'c', state: 'STOPPED' }]),
  );
  assert.match(text, /^a +RUNNING +30 s/m);
  assert.match(text, /^b +UNKNOWN +31 s/m);
  assert.match(text, /^c +STOPPED +3 h/m);
  assert.match(text, /^b: no word for 31 s: the above is what it said then$/m);
  assert.match(text, /^3 sensors: 1 RUNNING, 1 UNKNOWN, 1 STOPPED$/m);
});

test('devices that wait and the last error are told below the table', () => {
  const text = screen(
    fleet([
      1,
      {
        state: 'DEGRADED',
        devices: [
          { device: 'eth0', wanted: 'driver', mode: 'driver', programId: 7, problem: null },
          { device: 'eth1', wanted: 'auto', mode: null, programId: null, problem: 'waiting for the device' },
        ],
        lastError: 'the ring is full',
      },
    ]),
  );
  assert.match(text, /^edge1 +DEGRADED +1 s +eth0:driver eth1:none /m);
  assert.match(text, /^edge1: eth1: waiting for the device\nedge1: the ring is full$/m);
});

test('one sensor can be asked for, and a name that is not known gets the nearest', () => {
  const both = fleet([1, { sensor: 'edge1' }], [1, { sensor: 'edge2' }]);
  assert.doesNotMatch(screen(both, 'edge2'), /edge1/);
  assert.equal(screen(both, 'egde1'), 'egde1: never heard of it, did you mean edge1?');
  assert.equal(screen(fleet()), 'no sensor has said anything yet');
});

test('as JSON it is the status records with the state that may be believed, and their age', () => {
  const { version, sensors } = JSON.parse(fleetView('*', true).text(fleet([61, {}]), now));
  assert.equal(version, 1);
  assert.deepEqual(sensors, [{ ...sensorStatus(), state: 'UNKNOWN', age: 61 }]);
});
