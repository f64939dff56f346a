import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import type { Cleanup } from './cleanup.ts';

/** A topic prefix for this test alone. Its topics are deleted when the test ends. */
export function topicPrefix(t: Cleanup, brokers: string): string {
  const prefix = `test-${randomUUID().slice(0, 8)}`;
  t.after(() => deleteAll(prefix, brokers));
  return prefix;
}

async function deleteAll(prefix: string, brokers: string): Promise<void> {
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
  try {
    await admin.connect();
    const topics = await admin.listTopics();
    await admin.deleteTopics({ topics: topics.filter((topic) => topic.startsWith(prefix)) });
  } finally {
    await admin.disconnect();
  }
}
