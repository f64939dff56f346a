import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createKafka } from '../../src/common/kafka/client.ts';
import { readToEnd } from '../../src/common/kafka/reader.ts';
import { throttledUntil } from '../../src/common/kafka/traps/throttle.ts';
import type { Logger } from '../../src/common/logger.ts';
import { Publisher } from '../../src/producer/publisher.ts';
import { lastFirst } from '../helpers/cleanup.ts';
import { isFull } from '../helpers/full.ts';
import { sharedKafka } from '../helpers/kafka.ts';
import { limitSending } from '../helpers/quota.ts';
import { topicPrefix } from '../helpers/topic-prefix.ts';
import { kafkaClient, kafkaSettings, silent } from '../helpers/topics.ts';

/** So slow that the brokers want no more for longer than the 30 s that a send may take; the usual run spares the wait. */
const bytesPerSecond = isFull ? 1_000 : 4_000;
const batchSize = 250;

test('a quota slows the events down: no time-out, no fresh client, nothing sent twice, and the log has the cause', async (t) => {
  const cleanup = lastFirst(t);
  const broker = await sharedKafka();
  cleanup.after(() => broker.close());
  const topic = `${topicPrefix(cleanup, broker.brokers)}.events`;
  const admin = kafkaClient(broker.brokers).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  await admin.disconnect();
  const clientId = `test-${randomUUID()}`;
  await limitSending(broker.brokers, clientId, bytesPerSecond);

  const warnings: string[] = [];
  const logger: Logger = Object.assign(Object.create(silent), {
    warn: (line: string) => warnings.push(line),
  });
  const publisher = new Publisher({
    connect: () => createKafka(kafkaSettings(broker.brokers, 'test'), silent, clientId, { retries: 2 }),
    brokers: [broker.brokers],
    logger,
    throttledUntil: () => throttledUntil(clientId),
  });
  cleanup.after(() => publisher.close());
  const begin = performance.now();
  const waits: number[] = [];
  for (const _ of [1, 2, 3]) {
    const messages = Array.from({ length: batchSize }, () => ({ key: 'k', value: 'x'.repeat(160) }));
    assert.deepEqual(await publisher.publish([{ topic, messages }], t.signal), []);
    waits.push(throttledUntil(clientId) - Date.now());
  }
  const took = performance.now() - begin;
  t.diagnostic(`three batches in ${Math.round(took)} ms; throttled for ${waits.join(', ')} ms`);
  assert.ok(waits.every((wait) => wait > (isFull ? 30_000 : 0)));
  assert.ok(took > (waits[0] ?? 0), 'it has waited');
  assert.deepEqual([publisher.clients, publisher.isStalled, publisher.isWorking], [1, false, true]);
  assert.equal(warnings.length, 1);
  assert.match(
    warnings[0] ?? '',
    /throttles this client, now for \d+ s.*raise the quota.*producer_byte_rate/,
  );
  let records = 0;
  await readToEnd(kafkaClient(broker.brokers), topic, (_, some) => {
    records += some.length;
  });
  assert.equal(records, 3 * batchSize);
});
