import type { Kafka } from 'kafkajs';
import type { Sensor } from '../../xdp/addon/addon.d.ts';
import { parseAddress } from '../common/address.ts';
import type { AvroCodec } from '../common/avro.ts';
import type { PortScanEvent } from '../common/event.ts';
import { countPartitions } from '../common/kafka/topics.ts';
import type { Logger } from '../common/logger.ts';
import { persist } from '../common/persist.ts';
import type { Pipeline } from './pipeline.ts';
import type { Publisher } from './publisher.ts';
import type { RecordReader } from './record.ts';

interface Parts {
  sensor: Pick<Sensor, 'forget' | 'forgetAll'>;
  reader: RecordReader;
  pipeline: Pipeline;
  connect: () => Kafka;
  publisher: Publisher;
  codec: AvroCodec<PortScanEvent>;
  topic: string;
  brokers: readonly string[];
  threshold: () => number;
  logger: Logger;
}

/**
 * Forgets a source, or all (null), after what is counted of it has been delivered, and says so: one event to where
 * the source's events go, or one to every partition, as each has rows of its own.
 */
export async function reset(parts: Parts, source: string | null, signal: AbortSignal): Promise<void> {
  const { sensor, reader, pipeline, publisher, codec, topic } = parts;
  const partitions = source === null ? await partitionsOf(parts, signal) : [undefined];
  await pipeline.afterDelivery(async () => {
    if (source === null) sensor.forgetAll();
    else sensor.forget(parseAddress(source));
    const event = reader.resetEvent(source ?? '*', parts.threshold());
    const message = { key: event.source, value: codec.encode(event), timestamp: String(event.time) };
    const messages = partitions.map((partition) =>
      partition === undefined ? message : { ...message, partition },
    );
    await publisher.publish([{ topic, messages }], signal);
  }, signal);
}

async function partitionsOf(
  { connect, topic, brokers, logger }: Parts,
  signal: AbortSignal,
): Promise<number[]> {
  const count = await persist(() => countPartitions(connect(), topic, brokers), {
    what: `asking for the partitions of ${topic}`,
    logger,
    signal,
  });
  return Array.from({ length: count }, (_, partition) => partition);
}
