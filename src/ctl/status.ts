import { stateNow } from '../common/control/liveness.ts';
import {
  allSensors,
  type DeviceStatus,
  type SensorState,
  type SensorStatus,
} from '../common/control/records.ts';
import { type Fleet, whereabouts } from './fleet.ts';
import { columns, duration } from './output.ts';
import type { View } from './view.ts';

type Shown = SensorStatus & {
  /** Seconds since it was said. */
  age: number;
};

const header = 'SENSOR STATE AGE DEVICES THRESHOLD ICMP IGNORED SOURCES RING EVENTS DROPS CONFIG'.split(' ');

/** What the sensors do, as their last word has it: all, or the one with this id. */
export function fleetView(sensor: string, json: boolean): View<SensorStatus> {
  return {
    topic: 'sensors',
    schema: 'sensor-status',
    json,
    text(fleet, now) {
      const shown = believed(fleet, now).filter((each) => sensor === allSensors || each.sensor === sensor);
      if (json) return JSON.stringify({ version: 1, sensors: shown });
      if (shown.length > 0) return screen(shown);
      return sensor === allSensors
        ? 'no sensor has said anything yet'
        : `${sensor}: ${whereabouts(fleet, sensor, now)}`;
    },
  };
}

/** All by name, in the state that may be believed now. */
function believed(fleet: Fleet, now: number): Shown[] {
  return Array.from(fleet, ([sensor, { value, timestamp }]) => ({
    ...value,
    sensor,
    state: stateNow(value.state, timestamp, now),
    age: Math.max(0, now - timestamp) / 1000,
  })).sort((a, b) => (a.sensor < b.sensor ? -1 : 1));
}

function screen(shown: readonly Shown[]): string {
  return [
    columns([header, ...shown.map(cells)]),
    ...shown.flatMap(troubles),
    summary(shown.map(({ state }) => state)),
  ].join('\n');
}

function cells(status: Shown): string[] {
  return [
    status.sensor,
    status.state,
    duration(1000 * status.age),
    status.devices.map(deviceText).join(' ') || '-',
    `${status.threshold} ${status.countPolicy}`,
    status.icmpEnable ? '1' : '0',
    String(status.ignoredPrefixes),
    `${status.sources}/${status.maxSources}`,
    `${Math.ceil((100 * status.ringUsed) / Math.max(1, status.ringSize))}%`,
    String(status.sequence),
    String(status.drops),
    status.configVersion < 0 ? '-' : String(status.configVersion),
  ];
}

function deviceText({ device, mode }: DeviceStatus): string {
  return `${device}:${mode ?? 'none'}`;
}

/** What is wrong, a line for each: silence, devices that are not attached, the last error. */
function troubles({ sensor, state, age, devices, lastError }: Shown): string[] {
  const silence =
    state === 'UNKNOWN' ? [`no word for ${duration(1000 * age)}: the above is what it said then`] : [];
  const waiting = devices.flatMap(({ device, problem }) =>
    problem === null ? [] : [`${device}: ${problem}`],
  );
  const error = lastError === null || waiting.some((text) => text.endsWith(lastError)) ? [] : [lastError];
  return [...silence, ...waiting, ...error].map((text) => `${sensor}: ${text}`);
}

/** "3 sensors: 1 RUNNING, 2 UNKNOWN". */
function summary(states: readonly SensorState[]): string {
  const counts = (['RUNNING', 'DEGRADED', 'UNKNOWN', 'STOPPED'] as const).flatMap((state) => {
    const count = states.filter((each) => each === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  return `${states.length} ${states.length === 1 ? 'sensor' : 'sensors'}: ${counts.join(', ')}`;
}
