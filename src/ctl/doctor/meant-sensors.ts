import { allSensors, type SensorStatus } from '../../common/control/records.ts';
import type { Latest } from '../session.ts';
import type { Site } from './site.ts';

/** What the sensors that are meant said last, by their id; without those that have never said anything. */
export async function meantSensors({ cluster, sensor }: Site): Promise<[string, Latest<SensorStatus>][]> {
  return [...(await cluster.fleet())].filter(([id]) => sensor === allSensors || id === sensor);
}
