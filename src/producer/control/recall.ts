import type { Kafka } from 'kafkajs';
import type { AvroCodec } from '../../common/avro.ts';
import type { SensorStatus } from '../../common/control/records.ts';
import { TickerError } from '../../common/errors.ts';
import { kafkaProblem } from '../../common/kafka/problem.ts';
import { readToEnd } from '../../common/kafka/reader.ts';

/** The version that the sensor's last status states; null when it has published none that can be read. Throws KAFKA_…. */
export async function recallVersion(
  kafka: Kafka,
  { topic, codec }: { topic: string; codec: AvroCodec<SensorStatus> },
  sensor: string,
  brokers: readonly string[],
): Promise<number | null> {
  let newest: Buffer | null = null;
  try {
    await readToEnd(kafka, topic, (_, records) => {
      for (const { key, value } of records) if (key?.toString() === sensor) newest = value;
    });
  } catch (error) {
    throw kafkaProblem(error, brokers, { topic });
  }
  if (newest === null) return null;
  try {
    return (await codec.decode(newest)).configVersion;
  } catch (error) {
    if (error instanceof TickerError && !error.retriable) return null;
    throw error;
  }
}
