import type { SensorStatus } from '../../../common/control/records.ts';
import { TickerError } from '../../../common/errors.ts';
import { type Examine, type Finding, type Group, ok, warn, worst } from '../finding.ts';
import { meantSensors } from '../meant-sensors.ts';

export const group: Group = 'sensor';
export const doc = 'its ring has room, and no event was lost';

/** Of the ring: minutes of an outage are left. */
const full = 0.5;

export const examine: Examine = async (site) => {
  const statuses = await meantSensors(site);
  if (statuses.length > 0) return worst(statuses.flatMap(([id, { value }]) => findingsAbout(id, value)));
  const remedy = 'see what the check sensor says';
  throw new TickerError('no status to read it from', { code: 'NOT_CHECKED', remedy });
};

function findingsAbout(id: string, { ringUsed, ringSize, drops }: SensorStatus): Finding[] {
  const share = ringUsed / Math.max(1, ringSize);
  const percent = `${Math.round(100 * share)} % of the ring is undelivered`;
  return [
    share < full
      ? ok(`${id}: ${percent}`)
      : warn(`${id}: ${percent}`, "look at the sensor's way to Kafka and at the brokers' quotas"),
    ...(drops === 0
      ? []
      : [
          warn(
            `${id} has lost ${drops} events in this epoch`,
            'a larger PORT_TICKER_MAX_SOURCES loses fewer; docs/operations.md has the sizes',
          ),
        ]),
  ];
}
