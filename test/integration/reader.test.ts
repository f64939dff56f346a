import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKafka } from '../../src/common/kafka/client.ts';
import { readToEnd, TopicReader } from '../../src/common/kafka/reader.ts';
import { eventually } from '../helpers/eventually.ts';
import { type Kafka, startKafka } from '../helpers/kafka.ts';
import { persistently } from '../helpers/persistently.ts';
import { topicPrefix } from '../helpers/topic-prefix.ts';
import { kafkaClient, kafkaSettings, recordWriter, silent } from '../helpers/topics.ts';

/** A broker of its own: tests stop it. */
let broker: Kafka;
before(async () => {
  broker = await startKafka();
});
after(() => broker.close());

async function newTopic(
  t: TestContext,
  numPartitions: number,
  config: Record<string, string> = {},
): Promise<string> {
  const topic = `${topicPrefix(t, broker.brokers)}.report`;
  const admin = kafkaClient(broker.brokers).admin();
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  await admin.createTopics({ topics: [{ topic, numPartitions, configEntries }] });
  await admin.disconnect();
  return topic;
}

/** A started reader and the values that it has handed over, by partition. */
function startReader(t: TestContext, topic: string, options: { wait?: number } = {}) {
  const values: string[] = [];
  const reader = new TopicReader({
    kafka: createKafka(kafkaSettings(broker.brokers, 'test'), silent, 'test', { retries: 1 }),
    brokers: [broker.brokers],
    topic,
    logger: silent,
    onRecords: (partition, records) => {
      for (const { value } of records) values.push(`${partition}:${value}`);
    },
    ...options,
  });
  reader.start();
  t.after(() => reader.close());
  return { reader, values };
}

async function writer(t: TestContext) {
  const { producer } = await recordWriter(t, broker.brokers, 'unused');
  return (topic: string, partition: number, ...values: string[]) =>
    producer.send({ topic, acks: -1, messages: values.map((value) => ({ value, partition })) });
}

test('all partitions are read from their beginning and then followed', async (t) => {
  const topic = await newTopic(t, 3);
  const write = await writer(t);
  await write(topic, 0, 'a', 'b');
  await write(topic, 2, 'c');
  const { reader, values } = startReader(t, topic);
  await reader.caughtUp;
  assert.deepEqual(values.toSorted(), ['0:a', '0:b', '2:c']);
  assert.equal(reader.isCurrent, true);

  await write(topic, 1, 'd');
  await reader.current(1);
  assert.deepEqual(values.at(-1), '1:d');
  await reader.reached(0, 2n);
});

test('a topic can be read from a time on: to its end, also when nothing is so late', async (t) => {
  const topic = await newTopic(t, 2);
  const { producer } = await recordWriter(t, broker.brokers, 'unused');
  const messages = [10, 20, 30].flatMap((time) =>
    [0, 1].map((partition) => ({ value: `${time}`, partition, timestamp: String(time) })),
  );
  await producer.send({
    topic,
    acks: -1,
    messages: [...messages, { value: '40', partition: 1, timestamp: '40' }],
  });
  const readSince = async (since: number) => {
    const values: string[] = [];
    const take = (partition: number, records: readonly { value: Buffer | null }[]) => {
      for (const { value } of records) values.push(`${partition}:${value}`);
    };
    await readToEnd(kafkaClient(broker.brokers), topic, take, since);
    return values.toSorted();
  };
  assert.deepEqual(await readSince(25), ['0:30', '1:30', '1:40']);
  assert.deepEqual(await readSince(40), ['1:40']);
  assert.deepEqual(await readSince(41), []);
});

test('an empty topic is caught up with at once', async (t) => {
  const { reader, values } = startReader(t, await newTopic(t, 2));
  await reader.caughtUp;
  assert.deepEqual(values, []);
});

test('a position that is not reached yet is waited for', async (t) => {
  const topic = await newTopic(t, 1);
  const write = await writer(t);
  const { reader } = startReader(t, topic);
  await reader.caughtUp;
  let hasReached = false;
  const reached = reader.reached(0, 2n).then(() => {
    hasReached = true;
  });
  await write(topic, 0, 'a');
  await reader.reached(0, 1n);
  assert.equal(hasReached, false);
  await write(topic, 0, 'b');
  await reached;
});

test('records of aborted transactions are left out, and the end behind them is reached', async (t) => {
  const topic = await newTopic(t, 1);
  const producer = kafkaClient(broker.brokers).producer({
    transactionalId: topic,
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await producer.connect();
  t.after(() => producer.disconnect());
  const aborted = await producer.transaction();
  await aborted.send({ topic, messages: [{ value: 'aborted' }] });
  await aborted.abort();
  const committed = await producer.transaction();
  await committed.send({ topic, messages: [{ value: 'committed' }] });
  await committed.commit();

  const { reader, values } = startReader(t, topic);
  await reader.caughtUp;
  assert.deepEqual(values, ['0:committed']);
});

test('records too large to come in one answer are all read', async (t) => {
  const topic = await newTopic(t, 4, { 'max.message.bytes': '4000000' });
  const write = await writer(t);
  const large = 'x'.repeat(2_500_000);
  for (let partition = 0; partition < 4; partition += 1) {
    for (let round = 0; round < 2; round += 1) await write(topic, partition, `${round}${large}`);
  }
  const read: string[] = [];
  await readToEnd(kafkaClient(broker.brokers), topic, (partition, records) => {
    for (const { value } of records) read.push(`${partition}:${value?.toString()[0]}`);
  });
  assert.deepEqual(read.toSorted(), ['0:0', '0:1', '1:0', '1:1', '2:0', '2:1', '3:0', '3:1']);
});

test('a broker that is away is waited for, at the start and later, and no record comes twice', async (t) => {
  const topic = await newTopic(t, 2);
  const write = await writer(t);
  await write(topic, 0, 'a');
  await broker.kill();
  const { reader, values } = startReader(t, topic);
  await sleep(1_000);
  assert.equal(reader.isCurrent, false);
  await broker.restart();
  await reader.caughtUp;

  await broker.kill();
  await eventually('the reader has noticed', () => !reader.isCurrent);
  await broker.restart();
  await write(topic, 1, 'b');
  await reader.current(1);
  assert.deepEqual(values, ['0:a', '1:b']);
});

test('a topic that was made anew is read from its beginning, also when it is as long as the old one', async (t) => {
  const topic = await newTopic(t, 1);
  const write = await writer(t);
  await write(topic, 0, 'a', 'b');
  const { reader, values } = startReader(t, topic);
  await eventually('the old one is read', () => values.length === 2);
  const admin = kafkaClient(broker.brokers).admin();
  t.after(() => admin.disconnect());
  await admin.deleteTopics({ topics: [topic] });
  await eventually('the reader has noticed', () => !reader.isCurrent);
  const isMade = () => admin.createTopics({ topics: [{ topic, numPartitions: 1 }] }).catch(() => false);
  await eventually('the new one is there', isMade);
  await eventually('it takes records', () =>
    write(topic, 0, 'c', 'd', 'e').then(
      () => true,
      () => false,
    ),
  );
  await eventually('all of it is read', () => values.length === 5, 30_000);
  assert.deepEqual(values.slice(2), ['0:c', '0:d', '0:e']);
});

test('a topic that does not exist is named', async () => {
  await assert.rejects(
    readToEnd(kafkaClient(broker.brokers), 'test-none.report', () => undefined),
    {
      code: 'TOPIC_MISSING',
      message: /test-none\.report/,
    },
  );
});

test('an idle connection lets the event loop sleep', async (t) => {
  const { producer } = await recordWriter(t, broker.brokers, 'unused');
  await producer.send({ topic: await newTopic(t, 1), messages: [{ value: 'a' }] });
  const before = performance.nodeTiming.uvMetricsInfo.loopCount;
  await sleep(1_000);
  const turns = performance.nodeTiming.uvMetricsInfo.loopCount - before;
  assert.ok(turns < 100, `${turns} turns of the event loop in a second`);
});

test('a reader that lets the broker wait for a minute has a record at once, and closes at once', async (t) => {
  const topic = await newTopic(t, 1);
  const write = await writer(t);
  const { reader, values } = startReader(t, topic, { wait: 60_000 });
  await reader.caughtUp;
  // A broker under load says for a moment that a topic does not exist which it has just made.
  await persistently(() => write(topic, 0, 'a'));
  await eventually('the record is there', () => values.includes('0:a'), 30_000);
  const since = performance.now();
  await reader.close();
  assert.ok(performance.now() - since < 30_000);
});

test('closing ends all waits', async (t) => {
  const { reader } = startReader(t, await newTopic(t, 1));
  await reader.caughtUp;
  const rejected = assert.rejects(reader.reached(0, 5n), { code: 'NOT_READING' });
  await reader.close();
  await rejected;
});
