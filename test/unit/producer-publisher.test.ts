import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Logger } from '../../src/common/logger.ts';
import { partitionByKey } from '../../src/producer/partitioner.ts';
import { Publisher } from '../../src/producer/publisher.ts';
import { eventually } from '../helpers/eventually.ts';
import { FakeKafka } from '../helpers/fake-kafka.ts';
import { kafkaError } from '../helpers/kafka-errors.ts';
import { silent } from '../helpers/topics.ts';

const never = new AbortController().signal;
const topic = 'port-ticker.events';
const messages = [{ key: '192.0.2.1', value: 'one' }];

function create(options: { logger?: Logger; throttledUntil?: () => number } = {}) {
  const kafka = new FakeKafka();
  const publisher = new Publisher({
    connect: kafka.connect,
    brokers: ['b:1'],
    logger: silent,
    ...options,
  });
  const sent = (count: number) => eventually(`${count} sends`, () => kafka.sends.length === count);
  return { kafka, publisher, sent };
}

/** Whether a promise has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  await new Promise(setImmediate);
  return (await Promise.race([promise.catch(() => {}), Promise.resolve(pending)])) !== pending;
}

test('a batch is published when all in-sync replicas have acknowledged it, not before', async () => {
  const { kafka, publisher, sent } = create();
  const published = publisher.publish([{ topic, messages }], never);
  await sent(1);
  assert.deepEqual([kafka.last.topic, kafka.last.acks, kafka.last.messages], [topic, -1, messages]);
  assert.equal(await isSettled(published), false);
  kafka.last.succeed();
  await published;
});

test('batches share a client, which creates no topics and keeps their order', async () => {
  const { kafka, publisher, sent } = create();
  for (const count of [1, 2, 3]) {
    const published = publisher.publish([{ topic, messages }], never);
    await sent(count);
    kafka.last.succeed();
    await published;
  }
  assert.deepEqual(kafka.configs, [
    { allowAutoTopicCreation: false, maxInFlightRequests: 1, createPartitioner: partitionByKey },
  ]);
});

test('after a failed send the same batch goes out again, by a fresh client', async () => {
  const { kafka, publisher, sent } = create();
  const published = publisher.publish([{ topic, messages }], never);
  await sent(1);
  kafka.last.fail(new Error('broker trouble'));
  await sent(2);
  assert.equal(await isSettled(published), false);
  assert.deepEqual([kafka.last.client, kafka.last.messages], [2, messages]);
  assert.deepEqual(kafka.disconnected, [1]);
  kafka.last.succeed();
  await published;
});

test('it is not working from a failure until the next acknowledgement', async () => {
  const { kafka, publisher, sent } = create();
  assert.equal(publisher.isWorking, true);
  const published = publisher.publish([{ topic, messages }], never);
  await sent(1);
  kafka.last.fail(new Error('broker trouble'));
  await sent(2);
  assert.equal(publisher.isWorking, false);
  kafka.last.succeed();
  await published;
  assert.equal(publisher.isWorking, true);
});

test('a client that cannot connect is let go too', async () => {
  const { kafka, publisher, sent } = create();
  kafka.onConnect = async () => {
    kafka.onConnect = async () => {};
    throw new Error('refused');
  };
  const published = publisher.publish([{ topic, messages }], never);
  await sent(1);
  assert.deepEqual([kafka.last.client, kafka.disconnected], [2, [1]]);
  kafka.last.succeed();
  await published;
});

test('a send without an answer is given up after 30 s, and nobody waits for the goodbye of its client', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { kafka, publisher, sent } = create();
  kafka.onDisconnect = () => new Promise(() => {});
  const published = publisher.publish([{ topic, messages }], never);
  await sent(1);
  t.mock.timers.tick(29_999);
  assert.deepEqual([await isSettled(published), publisher.isWorking], [false, true]);
  t.mock.timers.tick(1);
  await sent(2);
  assert.equal(kafka.last.client, 2);
  kafka.last.succeed();
  await published;
});

test('an abort ends a send that hangs at once, and the next batch begins with a fresh client', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] }); // the deadline of a send does not come
  const { kafka, publisher, sent } = create();
  const abort = new AbortController();
  const published = publisher.publish([{ topic, messages }], abort.signal);
  await sent(1);
  abort.abort();
  await assert.rejects(published);
  assert.deepEqual(kafka.disconnected, [1]);

  const next = publisher.publish([{ topic, messages }], never);
  await sent(2);
  assert.equal(kafka.last.client, 2);
  kafka.last.succeed();
  await next;
});

test('a client that connects only after it was let go sends nothing, least of all by its successor', async () => {
  const { kafka, publisher, sent } = create();
  const late = Promise.withResolvers<void>();
  kafka.onConnect = () => {
    kafka.onConnect = async () => {};
    return late.promise;
  };
  const abort = new AbortController();
  const published = publisher.publish([{ topic, messages }], abort.signal);
  abort.abort();
  await assert.rejects(published);

  const others = [{ key: '192.0.2.2', value: 'two' }];
  const next = publisher.publish([{ topic, messages: others }], never);
  await sent(1);
  late.resolve();
  await isSettled(next);
  assert.deepEqual([kafka.sends.length, kafka.last.client], [1, 2]);
  kafka.last.succeed();
  await next;
});

test('an abort ends the pause before another attempt', async () => {
  const { kafka, publisher, sent } = create();
  const abort = new AbortController();
  const published = publisher.publish([{ topic, messages }], abort.signal);
  await sent(1);
  kafka.last.fail(new Error('broker trouble'));
  await eventually('it has failed', () => !publisher.isWorking);
  abort.abort();
  await assert.rejects(published);
  assert.equal(kafka.sends.length, 1);
});

test('closing disconnects the client, and twice is fine', async () => {
  const { kafka, publisher, sent } = create();
  await publisher.close();
  const published = publisher.publish([{ topic, messages }], never);
  await sent(1);
  kafka.last.succeed();
  await published;
  await publisher.close();
  await publisher.close();
  assert.deepEqual(kafka.disconnected, [1]);
});

for (const type of [
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'NOT_ENOUGH_REPLICAS',
  'KAFKA_STORAGE_ERROR',
  'TOPIC_AUTHORIZATION_FAILED',
  'INVALID_TIMESTAMP',
]) {
  test(`${type} leads to a fresh client, and the same batch`, async () => {
    const { kafka, publisher, sent } = create();
    const published = publisher.publish([{ topic, messages }], never);
    await sent(1);
    kafka.last.fail(kafkaError(type));
    await sent(2);
    assert.deepEqual([kafka.last.client, kafka.last.messages], [2, messages]);
    kafka.last.succeed();
    assert.deepEqual([await published, publisher.clients, publisher.isStalled], [[], 2, false]);
  });
}

test('throttling is waited for before a send, and told once until it ends', async () => {
  let until = 0;
  const warnings: string[] = [];
  const logger: Logger = Object.assign(Object.create(silent), {
    warn: (line: string) => warnings.push(line),
  });
  const { kafka, publisher } = create({ logger, throttledUntil: () => until });
  const times: number[] = [];
  kafka.onSend = (send) => {
    times.push(Date.now());
    send.succeed();
  };
  for (const ms of [100, 100, 0, 100]) {
    until = Date.now() + ms;
    await publisher.publish([{ topic, messages }], never);
    assert.ok((times.at(-1) ?? 0) >= until - 1, 'it was sent too early'); // a timer may be a millisecond early
  }
  assert.deepEqual([times.length, publisher.clients, publisher.isStalled], [4, 1, false]);
  assert.equal(warnings.length, 2);
  assert.match(warnings[0] ?? '', /b:1 throttles this client, now for 1 s.*raise the quota/);
});

test('an abort ends the wait for throttling', async () => {
  const { kafka, publisher } = create({ throttledUntil: () => Date.now() + 60_000 });
  const abort = new AbortController();
  const published = publisher.publish([{ topic, messages }], abort.signal);
  abort.abort();
  await assert.rejects(published);
  assert.equal(kafka.sends.length, 0);
});

test('it is stalled from a send without an answer until the next acknowledgement', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { kafka, publisher, sent } = create();
  const published = publisher.publish([{ topic, messages }], never);
  await sent(1);
  t.mock.timers.tick(30_000);
  await sent(2);
  assert.equal(publisher.isStalled, true);
  kafka.last.succeed();
  await published;
  assert.equal(publisher.isStalled, false);
});

/** Answers every send as a broker that refuses some values does. */
function refuse(kafka: FakeKafka, isRefused: (value: string) => boolean, type = 'MESSAGE_TOO_LARGE'): void {
  kafka.onSend = (send) => {
    if (send.messages.some(({ value }) => isRefused(String(value)))) send.fail(kafkaError(type));
    else send.succeed();
  };
}

/** What was acknowledged, in its order. */
function accepted(kafka: FakeKafka, isRefused: (value: string) => boolean): string[] {
  const good = kafka.sends.filter(({ messages: all }) => !all.some(({ value }) => isRefused(String(value))));
  return good.flatMap(({ messages: all }) => all.map(({ value }) => String(value)));
}

for (const type of ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD']) {
  test(`of a batch only the records are lost that are refused alone (${type}); they are counted and returned`, async () => {
    const { kafka, publisher } = create();
    const isRefused = (value: string) => value === '3' || value === '7';
    refuse(kafka, isRefused, type);
    const numbered = Array.from({ length: 10 }, (_, index) => ({ key: 'k', value: String(index) }));
    const refused = await publisher.publish([{ topic, messages: numbered }], never);
    assert.deepEqual(accepted(kafka, isRefused), ['0', '1', '2', '4', '5', '6', '8', '9']);
    assert.deepEqual(refused, [numbered[3], numbered[7]]);
    assert.deepEqual([...publisher.refused], [[topic, 2]]);
    assert.deepEqual([publisher.isWorking, publisher.clients], [true, 1]);
  });
}

test('a record that is refused alone does not hold up what comes behind it', async () => {
  const { kafka, publisher } = create();
  const isRefused = (value: string) => value === 'bad';
  refuse(kafka, isRefused);
  const bad = { key: 'k', value: 'bad' };
  assert.deepEqual(await publisher.publish([{ topic, messages: [bad] }], never), [bad]);
  assert.deepEqual(await publisher.publish([{ topic, messages }], never), []);
});

test('a topic that refuses a whole batch is at fault itself: nothing is lost, all is sent again', async () => {
  const { kafka, publisher } = create();
  let isTiny = true;
  const isRefused = () => isTiny;
  refuse(kafka, isRefused);
  const both = [...messages, { key: '192.0.2.2', value: 'two' }];
  const published = publisher.publish([{ topic, messages: both }], never);
  await eventually('it is held', () => !publisher.isWorking);
  isTiny = false;
  assert.deepEqual([await published, publisher.refused.size], [[], 0]);
});
