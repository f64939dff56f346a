import { allSensors, type SensorStatus } from '../../common/control/records.ts';
import { resolveIgnore } from '../../common/control/resolve.ts';
import type { Order } from './order.ts';
import type { ControlState } from './state.ts';
import { quoted, wrong } from './wrong.ts';

/** What sensors have said of themselves. */
export interface Sensors {
  /** The newest status, however old. */
  status(sensor: string): SensorStatus | undefined;
  statuses(): Iterable<SensorStatus>;
  isAlive(sensor: string): boolean;
}

/** Entries of the ignore list, as the kernel's tries hold them. */
export const mostIgnored = 65_536;
/** Devices in one record: what commands have attached and detached since the topic was made. */
const mostDevices = 256;

/**
 * Throws COMMAND when the configuration that the order would result in is not possible at a sensor it is for. Of a
 * sensor that is not alive the devices are unknown: for it the command waits.
 */
export function checkLimits(order: Order, sensor: string, state: ControlState, sensors: Sensors): void {
  switch (order.command) {
    case 'attach':
    case 'detach':
      checkDevice(order.device, sensor, sensors);
      checkDeviceCount(order.device, sensor, state);
      break;
    case 'ignore-add':
      checkIgnored(order.prefixes, sensor, state, sensors);
      break;
    default:
  }
}

function checkDevice(device: string, sensor: string, sensors: Sensors): void {
  const concerned = [...sensors.statuses()].filter(
    (status) => isFor(sensor, status.sensor) && sensors.isAlive(status.sensor),
  );
  if (concerned.length === 0 || concerned.some((status) => hasDevice(status, device))) return;
  const [first] = concerned;
  const known = concerned.length === 1 ? (first?.presentDevices ?? []) : [];
  throw wrong(
    `${sensor === allSensors ? 'no sensor that is alive has a' : `${sensor} has no`} device ${quoted(device)}`,
    known.length === 0 ? 'see ticker_ctl status' : `it has ${known.slice(0, 20).join(', ')}`,
  );
}

/** One that is wanted and away is known: it may come back. */
function hasDevice({ presentDevices, devices }: SensorStatus, wanted: string): boolean {
  return presentDevices.includes(wanted) || devices.some(({ device }) => device === wanted);
}

function checkDeviceCount(device: string, sensor: string, state: ControlState): void {
  const devices = state.config(sensor)?.devices ?? [];
  if (devices.length < mostDevices || devices.some((each) => each.device === device)) return;
  throw wrong(
    `commands have named ${mostDevices} devices of ${sensor} already`,
    'name one of them, or set PORT_TICKER_DEVICES at the sensor',
  );
}

function checkIgnored(added: readonly string[], sensor: string, state: ControlState, sensors: Sensors): void {
  const named = [...state.sensorsWithPrefixes(), ...Array.from(sensors.statuses(), (each) => each.sensor)];
  for (const concerned of new Set([sensor, ...named.filter((each) => isFor(sensor, each))])) {
    const count = ignoredAfter(added, concerned, state, sensors.status(concerned)?.ownPrefixes ?? []);
    if (count <= mostIgnored) continue;
    const whose = concerned === allSensors ? 'the ignore list of *' : `the ignore list of ${concerned}`;
    throw wrong(`${whose} would have ${count} prefixes, more than ${mostIgnored}`, 'remove some before');
  }
}

/** Exact when it could be too many, else a bound that costs nothing. */
function ignoredAfter(
  added: readonly string[],
  sensor: string,
  state: ControlState,
  own: readonly string[],
): number {
  const ownPrefixes = state.prefixes(sensor);
  const allPrefixes = state.prefixes(allSensors);
  const bound = own.length + ownPrefixes.size + allPrefixes.size + added.length;
  if (bound <= mostIgnored) return bound;
  return new Set([...resolveIgnore(own, { ownPrefixes, allPrefixes }), ...added]).size;
}

/** True when a command to `target` concerns the sensor. */
function isFor(target: string, sensor: string): boolean {
  return target === allSensors || target === sensor;
}
