import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Admin, Kafka } from 'kafkajs';
import { countPartitions } from '../../src/common/kafka/topics.ts';

test('a client that never answers an administrative request is given up, and so is its goodbye', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const never = () => new Promise<never>(() => undefined);
  const admin: Pick<Admin, 'connect' | 'disconnect'> = { connect: never, disconnect: never };
  const kafka: Pick<Kafka, 'admin'> = { admin: () => admin as Admin };
  const refused = assert.rejects(countPartitions(kafka as Kafka, 'events', ['broker:9092']), {
    code: 'SILENT',
  });
  for (let second = 0; second < 70; second++) {
    t.mock.timers.tick(1_000);
    await Promise.resolve();
  }
  await refused;
});
