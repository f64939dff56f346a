import { stateNow } from '../../../common/control/liveness.ts';
import { allSensors, type SensorStatus } from '../../../common/control/records.ts';
import { whereabouts } from '../../fleet.ts';
import type { Latest } from '../../session.ts';
import { type Examine, type Finding, fail, type Group, ok, warn, worst } from '../finding.ts';
import { meantSensors } from '../meant-sensors.ts';

export const group: Group = 'sensor';
export const doc = 'it runs, on all its devices';

export const examine: Examine = async (site) => {
  const now = Date.now();
  const fleet = await site.cluster.fleet();
  const meant = await meantSensors(site);
  if (meant.length > 0)
    return worst(meant.map(([id, latest]) => findingAbout(id, latest, whereabouts(fleet, id, now), now)));
  const found =
    site.sensor === allSensors
      ? 'no sensor has said anything yet'
      : `${site.sensor}: ${whereabouts(fleet, site.sensor, now)}`;
  return warn(
    found,
    'start port-ticker-producer, or name another sensor with --sensor; ticker_ctl status lists all',
  );
};

function findingAbout(
  id: string,
  { value, timestamp }: Latest<SensorStatus>,
  heard: string,
  now: number,
): Finding {
  const state = stateNow(value.state, timestamp, now);
  if (state === 'RUNNING') return ok(`${id} is running`);
  if (state === 'STOPPED') return warn(`${id}: ${heard}`, 'start port-ticker-producer there');
  if (state === 'UNKNOWN')
    return fail(`${id}: ${heard}`, 'look at port-ticker-producer there, its log, and its way to Kafka');
  return warn(
    `${id} is degraded: ${troubles(value).join(', ')}`,
    'mend that; ticker_ctl status has the rest',
  );
}

function troubles({ devices, lastError }: SensorStatus): string[] {
  const waiting = devices.flatMap(({ device, problem }) =>
    problem === null ? [] : [`${device}: ${problem}`],
  );
  if (waiting.length > 0) return waiting;
  return [lastError ?? 'it does not say why'];
}
