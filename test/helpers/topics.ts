import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import { AvroCodec } from '../../src/common/avro.ts';
import type { PortScanEvent, ReportEntry } from '../../src/common/event.ts';
import { createKafka } from '../../src/common/kafka/client.ts';
import { prepareTopics, type TopicName } from '../../src/common/kafka/topics.ts';
import { createLogger } from '../../src/common/logger.ts';
import { persist } from '../../src/common/persist.ts';
import { type KafkaSettings, kafkaSchema } from '../../src/common/settings/fragments.ts';
import { loadSettings } from '../../src/common/settings/load.ts';
import type { Cleanup } from './cleanup.ts';

export const silent = createLogger({ level: 'silent', name: 'test' });

/** The Kafka settings of a test: defaults but for brokers and prefix. */
export function kafkaSettings(brokers: string, prefix: string, ...argv: string[]): KafkaSettings {
  const loaded = loadSettings({ name: 'test', description: '' }, kafkaSchema, {
    argv: ['--kafka-brokers', brokers, '--topic-prefix', prefix, ...argv],
    env: {},
  });
  if ('answer' in loaded) throw new Error('no settings');
  return loaded.settings;
}

export function kafkaClient(brokers: string): Kafka {
  return createKafka(kafkaSettings(brokers, 'test'), silent, 'test');
}

/** Makes topics as the programs do. */
export async function makeTopics(
  brokers: string,
  prefix: string,
  names: readonly TopicName[],
): Promise<void> {
  // A broker under load says for a moment that a topic does not exist which it has just made.
  await persist(() => prepareTopics(kafkaClient(brokers), kafkaSettings(brokers, prefix), names), {
    what: 'preparing the topics',
    logger: silent,
    signal: AbortSignal.timeout(20_000),
  });
}

/** Writes records as sensors and consumers do. Disconnected with the test. */
export async function recordWriter(t: Cleanup, brokers: string, prefix: string) {
  const producer: Producer = kafkaClient(brokers).producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  t.after(() => producer.disconnect());
  const eventCodec = new AvroCodec<PortScanEvent>('port-scan-event');
  const rowCodec = new AvroCodec<ReportEntry>('report-entry');
  return {
    producer,
    /** Events, keyed by their source. */
    async events(...events: PortScanEvent[]): Promise<void> {
      const messages = events.map((event) => ({ key: event.source, value: eventCodec.encode(event) }));
      await producer.send({ topic: `${prefix}.events`, acks: -1, messages });
    },
    /** An event about all sources, as a sensor writes it. */
    async toAllPartitions(event: PortScanEvent): Promise<void> {
      const value = eventCodec.encode(event);
      const messages = [0, 1, 2, 3, 4, 5].map((partition) => ({ key: event.source, value, partition }));
      await producer.send({ topic: `${prefix}.events`, acks: -1, messages });
    },
    /** One report record as an owner of the partition writes it; null removes the row. */
    async row(partition: number, { sensor, source }: ReportEntry, entry: ReportEntry | null): Promise<void> {
      const value = entry === null ? null : rowCodec.encode(entry);
      await producer.send({
        topic: `${prefix}.report`,
        acks: -1,
        messages: [{ key: `${sensor}/${source}`, value, partition, timestamp: String(Date.now()) }],
      });
    },
  };
}

/** Replaces the configuration of a topic. */
export async function configure(
  brokers: string,
  topic: string,
  config: Record<string, string>,
): Promise<void> {
  const admin = kafkaClient(brokers).admin();
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries }],
  });
  await admin.disconnect();
}
