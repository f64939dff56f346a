import type { Kafka } from 'kafkajs';
import type { AvroCodec } from '../../common/avro.ts';
import type { SensorStatus } from '../../common/control/records.ts';
import { TickerError } from '../../common/errors.ts';
import { readToEnd } from '../../common/kafka/reader.ts';

/** The version that the sensor's last status states; null when it has published none that can be read. */
export async function recallVersion(
  kafka: Kafka,
  { topic, codec }: { topic: string; codec: AvroCodec<SensorStatus> },
  sensor: string,
): Promise<number | null> {
  let newest: Buffer | null = null;
  await readToEnd(kafka, topic, (_, records) => {
    for (const { key, value } of records) if (key?.toString() === sensor) newest = value;
  });
  if (newest === null) return null;
  try {
    return (await codec.decode(newest)).configVersion;
  } catch (error) {
    if (error instanceof TickerError && !error.retriable) return null;
    throw error;
  }
}
