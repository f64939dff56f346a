import type { SensorView } from '../control/sensors.ts';
import { counted } from './words.ts';

/** What tells whether anything is being watched. */
export interface Watch {
  /** False: Kafka cannot be reached, or has not been yet. */
  isConnected: boolean;
  sensors: readonly SensorView[];
  /** Of the last change in the report, ms since 1970; null: there has been none. */
  newest: number | null;
}

export interface Verdict {
  isGood: boolean;
  text: string;
}

/** One sentence: is it watching? */
export function verdictOf({ isConnected, sensors }: Watch): Verdict {
  if (!isConnected) return bad('Kafka cannot be reached: what stands here may be old.');
  if (sensors.length === 0) return bad('No sensor has said anything yet.');
  const silent = sensors.filter(({ state }) => state === 'UNKNOWN');
  const watching = sensors.filter(isWatching);
  const devices = watching.flatMap((sensor) => sensor.devices.filter(({ mode }) => mode !== null));
  const doing = `${counted(watching.length, 'sensor')} of ${sensors.length} on ${counted(devices.length, 'device')}`;
  if (silent.length > 0)
    return bad(`${named(silent)} silent: no word for more than 30 s. Watching: ${doing}.`);
  if (watching.length === 0) return bad(`Nothing is watched: ${idle(sensors)}.`);
  const impaired = sensors.filter((sensor) => sensor.state === 'DEGRADED');
  if (impaired.length > 0) return bad(`${named(impaired)} impaired. Watching: ${doing}.`);
  const dropping = sensors.filter(({ drops }) => drops > 0);
  const losses = dropping.length === 0 ? 'nothing lost' : `events lost at ${list(dropping)}`;
  return { isGood: dropping.length === 0, text: `Watching: ${doing}, ${losses}.` };
}

/** Why there is no row at all, and what helps. */
export function emptyReason(watch: Watch): string {
  const { isConnected, sensors } = watch;
  if (!isConnected) return 'Nothing to show: Kafka cannot be reached. The rows come as soon as it is back.';
  if (sensors.length === 0)
    return 'Nothing to show: no sensor has said anything yet. Start one: port-ticker-producer --devices eth0';
  if (sensors.every(({ state }) => state === 'UNKNOWN'))
    return `Nothing to show, and nobody is watching: ${named(sensors)} silent. Look at the sensor and its way to Kafka.`;
  if (!sensors.some(isWatching)) return `Nothing to show, and nothing is watched: ${idle(sensors)}.`;
  const thresholds = [...new Set(sensors.filter(isWatching).map(({ threshold }) => threshold))];
  return `Nothing to show: no source is above the threshold (${thresholds.slice(0, 3).join(', ')}).`;
}

function isWatching({ state, devices }: SensorView): boolean {
  return (state === 'RUNNING' || state === 'DEGRADED') && devices.some(({ mode }) => mode !== null);
}

function idle(sensors: readonly SensorView[]): string {
  const isStopped = sensors.every(({ state }) => state === 'STOPPED');
  return isStopped
    ? `${list(sensors)} stopped`
    : `attach a device, for example ticker_ctl --sensor ${sensors.find(({ state }) => state !== 'STOPPED')?.sensor} -d eth0`;
}

function named(sensors: readonly SensorView[]): string {
  return `${list(sensors)} ${sensors.length === 1 ? 'is' : 'are'}`;
}

function list(sensors: readonly SensorView[]): string {
  const names = sensors.slice(0, 3).map(({ sensor }) => sensor);
  return sensors.length > 3 ? `${names.join(', ')} and ${sensors.length - 3} more` : names.join(', ');
}

function bad(text: string): Verdict {
  return { isGood: false, text };
}
