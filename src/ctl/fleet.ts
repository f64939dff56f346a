import { isAlive, stateNow } from '../common/control/liveness.ts';
import { allSensors, type SensorStatus } from '../common/control/records.ts';
import { nearest } from '../common/nearest.ts';
import { duration } from './output.ts';
import { type Latest, readLatest, type Session } from './session.ts';

/** Every sensor that has ever said something, by its id. */
export type Fleet = ReadonlyMap<string, Latest<SensorStatus>>;

export async function readFleet(session: Session): Promise<Fleet> {
  return readLatest<SensorStatus>(session, 'sensors', 'sensor-status');
}

/** Who has to answer what is sent to `sensor` (an id, or *) now, and who will only when it is alive again. */
export function addressees(
  fleet: Fleet,
  sensor: string,
  now: number,
): { alive: string[]; waiting: string[] } {
  const meant = sensor === allSensors ? [...fleet.keys()].sort() : [sensor];
  const alive = meant.filter((id) => {
    const known = fleet.get(id);
    return known !== undefined && isAlive(known.value.state, known.timestamp, now);
  });
  return { alive, waiting: meant.filter((id) => !alive.includes(id)) };
}

/** What was last heard of a sensor: "stopped 3 min ago". */
export function whereabouts(fleet: Fleet, sensor: string, now: number): string {
  const known = fleet.get(sensor);
  if (known === undefined) {
    const meant = nearest(sensor, fleet.keys());
    return `never heard of it${meant === undefined ? '' : `, did you mean ${meant}?`}`;
  }
  const ago = `${duration(now - known.timestamp)} ago`;
  const state = stateNow(known.value.state, known.timestamp, now);
  return state === 'STOPPED' ? `stopped ${ago}` : `last heard of ${ago}`;
}
