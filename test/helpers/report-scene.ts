import type { TestContext } from 'node:test';
import { ensureTopics, type TopicName } from '../../src/common/kafka/topics.ts';
import { persistently } from './persistently.ts';
import { Service } from './service.ts';
import { topicPrefix } from './topic-prefix.ts';
import { kafkaClient, kafkaSettings, recordWriter } from './topics.ts';

/** Topics of its own, a writer to them, and consumers on them. */
export async function reportScene(t: TestContext, brokers: string, topics: readonly TopicName[]) {
  const prefix = topicPrefix(t, brokers);
  const admin = kafkaClient(brokers).admin();
  await admin.connect();
  await persistently(() => ensureTopics(admin, kafkaSettings(brokers, prefix), topics));
  await admin.disconnect();
  const settings = { KAFKA_BROKERS: brokers, TOPIC_PREFIX: prefix };
  return {
    prefix,
    write: await recordWriter(t, brokers, prefix),
    async consumer(more: Record<string, string> = {}): Promise<Service> {
      const consumer = new Service(t, 'consumer', { ...settings, ...more });
      await consumer.ready();
      return consumer;
    },
  };
}
