import { AvroCodec } from '../../../common/avro.ts';
import { allSensors, type SensorStatus } from '../../../common/control/records.ts';
import { readToEnd } from '../../../common/kafka/reader.ts';
import { topicName } from '../../../common/kafka/topics.ts';
import { SchemaRegistry } from '../../../common/registry.ts';
import { type Examine, fail, type Group, ok } from '../finding.ts';

export const group: Group = 'sensor';
export const doc = 'no other sensor has the same id';

/** Sensors speak every ten seconds: of two with one id, each has spoken several times in so long; ms. */
const recently = 60_000;

export const examine: Examine = async ({ cluster, sensor, settings }) => {
  const codec = new AvroCodec<SensorStatus>('sensor-status', SchemaRegistry.from(settings));
  const epochs = new Map<string, string[]>();
  const take = async (value: Buffer) => {
    const status = await codec.decode(value).catch(() => undefined); // told by the check sensor
    if (status === undefined || (sensor !== allSensors && status.sensor !== sensor)) return;
    epochs.set(status.sensor, [...(epochs.get(status.sensor) ?? []), status.epoch]);
  };
  await cluster.with((kafka) =>
    readToEnd(
      kafka,
      topicName(settings, 'sensors'),
      async (_, records) => {
        for (const { value } of records) if (value !== null) await take(value);
      },
      Date.now() - recently,
    ),
  );
  const shared = [...epochs].filter(([, heard]) => takesTurns(heard)).map(([id]) => id);
  if (shared.length === 0) return ok('in use once');
  return fail(
    `two sensors call themselves ${shared.join(', and two ')}`,
    'give one of them another PORT_TICKER_SENSOR_ID',
  );
};

/** An epoch that comes back after another one; a restart goes from one to the next. */
function takesTurns(epochs: readonly string[]): boolean {
  return epochs.some((epoch, at) => epoch !== epochs[at - 1] && epochs.indexOf(epoch) < at);
}
