import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { AvroCodec } from '../../src/common/avro.ts';
import type { PortScanEvent } from '../../src/common/event.ts';
import { DeviceNames } from '../../src/producer/device-names.ts';
import { Pipeline } from '../../src/producer/pipeline.ts';
import { Publisher } from '../../src/producer/publisher.ts';
import { RecordReader } from '../../src/producer/record.ts';
import frozen from '../fixtures/kernel-records-v2.json' with { type: 'json' };
import { eventually } from '../helpers/eventually.ts';
import { FakeKafka, type Send } from '../helpers/fake-kafka.ts';
import { FakeRing, FakeTable } from '../helpers/fake-kernel.ts';
import { kafkaError } from '../helpers/kafka-errors.ts';
import { silent } from '../helpers/topics.ts';

const codec = new AvroCodec<PortScanEvent>('port-scan-event');

/** A pipeline over a ring, a table and brokers of the test. It is stopped with the test. */
function create(t: TestContext, { threshold = 20 } = {}) {
  const [ring, table, kafka] = [new FakeRing(), new FakeTable(), new FakeKafka()];
  const reader = new RecordReader({
    sensor: 'edge1',
    epoch: table.epoch,
    now: () => frozen.now,
    drops: () => table.drops,
    devices: new DeviceNames(table.epoch),
  });
  const publisher = new Publisher({ connect: kafka.connect, brokers: [], logger: silent });
  const pipeline = new Pipeline({
    ...{ sensor: table, ring, reader, codec, publisher, topic: 'events' },
    threshold: () => threshold,
  });
  const stop = new AbortController();
  t.after(() => stop.abort());
  return {
    ...{ ring, table, kafka, pipeline, stop },
    run: () => pipeline.run(stop.signal),
    sent: (count: number) => eventually(`${count} sends`, () => kafka.sends.length === count),
  };
}

test('the ring is acknowledged after the brokers have acknowledged, not before', async (t) => {
  const { ring, kafka, run, sent } = create(t);
  ring.write(3);
  void run();
  await sent(1);
  assert.deepEqual([ring.position, ring.acked], [3, 0]);
  kafka.last.succeed();
  await eventually('the ring is acknowledged', () => ring.acked === 3);
});

test('a message is an event: keyed by its source, at its time', async (t) => {
  const { ring, kafka, run, sent } = create(t);
  ring.write(2);
  void run();
  await sent(1);
  assert.deepEqual(
    kafka.last.messages.map(({ key, timestamp }) => [key, timestamp]),
    Array(2).fill(['2001:db8::1', '1780000000064']),
  );
  assert.deepEqual(await sequences(kafka.last), [1, 2]);
});

test('one batch of at most 250 events is on its way at a time, in the order of the ring', async (t) => {
  const { ring, kafka, run, sent } = create(t);
  ring.write(625);
  void run();
  for (const [count, size] of [250, 250, 125].entries()) {
    await sent(count + 1);
    const first = 250 * count + 1;
    assert.deepEqual(
      await sequences(kafka.last),
      Array.from({ length: size }, (_, index) => first + index),
    );
    kafka.last.succeed();
  }
  await eventually('the ring is empty', () => ring.used === 0);
  assert.deepEqual([kafka.mostInFlight, kafka.clients], [1, 1]);
});

test('between the steps of a sweep other work has its turn', async (t) => {
  const { table, run } = create(t);
  const stepsByThen: number[] = [];
  setImmediate(() => stepsByThen.push(table.steps.length));
  void run();
  await eventually('it has swept', () => table.steps.length === 2);
  assert.deepEqual(stepsByThen, [1]);
});

test('what comes while it waits is sent at once', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { ring, table, kafka, run, sent } = create(t);
  void run();
  await eventually('it has swept', () => table.steps.length === 2);
  for (const count of [1, 2, 3]) {
    ring.write(1);
    await sent(count);
    kafka.last.succeed();
  }
  await eventually('the ring is empty', () => ring.used === 0);
});

test('a send that fails leaves the ring as it is, and goes out again', async (t) => {
  const { ring, kafka, run, sent } = create(t);
  ring.write(2);
  void run();
  await sent(1);
  kafka.last.fail(new Error('broker trouble'));
  await sent(2);
  assert.equal(ring.acked, 0);
  assert.deepEqual(await sequences(kafka.last), [1, 2]);
  kafka.last.succeed();
  await eventually('the ring is acknowledged', () => ring.acked === 2);
});

test('the ring comes before the table, also when it fills again', async (t) => {
  const { ring, table, kafka, run, sent } = create(t);
  ring.write(1);
  table.count(0, 30);
  void run();
  await sent(1);
  ring.write(1);
  kafka.last.succeed();
  await sent(2);
  kafka.last.succeed();
  await sent(3);
  const reasons = await Promise.all(kafka.sends.map(async (send) => (await events(send))[0]?.reason));
  assert.deepEqual(reasons, ['THRESHOLD', 'THRESHOLD', 'COUNT_UPDATE']);
});

test('a count is marked as published after the brokers have acknowledged it, not before', async (t) => {
  const { table, kafka, run, sent } = create(t);
  table.count(5, 30);
  void run();
  await sent(1);
  assert.deepEqual(table.counts.get(5), { present: 30, published: 0 });
  table.count(5, 31);
  kafka.last.succeed();
  await eventually('it is marked', () => table.counts.get(5)?.published === 30);
  await sent(2);
  const counts = await Promise.all(kafka.sends.map(async (send) => (await events(send))[0]?.changeCount));
  assert.deepEqual(counts, [30, 31]);
});

test('a sweep looks at the whole table in steps, at what is above the threshold, once until a timer says so', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { table, kafka, run, ring, sent } = create(t, { threshold: 50 });
  table.count(3, 50);
  table.count(20_000, 51);
  void run();
  await sent(1);
  assert.deepEqual(
    (await events(kafka.last)).map(({ changeCount }) => changeCount),
    [51],
  );
  kafka.last.succeed();
  await eventually('it is marked', () => table.counts.get(20_000)?.published === 51);
  ring.write(1);
  await sent(2);
  assert.deepEqual(table.steps, [
    { from: 0, limit: 16_384 },
    { from: 16_384, limit: 16_384 },
  ]);
});

for (const [when, ringEvents, count, sends] of [
  ['while it has nothing to do', 0, 0, 0],
  ['while a batch of the ring is on its way', 1, 0, 1],
  ['while counts of the table are on their way', 0, 30, 1],
] as const) {
  test(`an abort ends it at once, without a timer, ${when}`, async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { ring, table, kafka, run, stop } = create(t);
    ring.write(ringEvents);
    table.count(5, count);
    const running = run();
    const isIdle = () => table.steps.length === 2;
    await eventually('it is under way', () => (sends === 0 ? isIdle() : kafka.sends.length === sends));
    let hasEnded = false;
    void running.then(() => {
      hasEnded = true;
    });
    stop.abort();
    await eventually('it has ended', () => hasEnded, 2000);
    assert.deepEqual([ring.acked, table.counts.get(5)?.published], [0, 0]);
  });
}

test('what was pulled when the abort came is delivered by the drain, then the rest and the table', async (t) => {
  const { ring, table, kafka, pipeline, run, sent, stop } = create(t);
  ring.write(2);
  table.count(20_000, 30);
  const running = run();
  await sent(1);
  stop.abort();
  await running;
  ring.write(1);
  assert.equal(pipeline.isSettled(), false);

  const drained = pipeline.drain(new AbortController().signal);
  for (const [count, expected] of [[1, 2], [3], [null]].entries()) {
    await sent(count + 2);
    assert.deepEqual(await sequences(kafka.last), expected);
    assert.equal(pipeline.isSettled(), false);
    kafka.last.succeed();
  }
  await drained;
  assert.equal(pipeline.isSettled(), true);
});

test('a drain without brokers ends with its signal, and nothing is lost', async (t) => {
  const { ring, kafka, pipeline, sent } = create(t);
  ring.write(2);
  const deadline = new AbortController();
  const drained = pipeline.drain(deadline.signal);
  await sent(1);
  deadline.abort();
  await drained;
  assert.deepEqual([ring.acked, pipeline.isSettled(), kafka.sends.length], [0, false, 1]);
});

test('events that Kafka refuses are counted by the kernel as drops, and are in all that is read from then on', async (t) => {
  const { ring, table, kafka, run, sent } = create(t);
  ring.write(1);
  void run();
  await sent(1);
  ring.write(1); // recorded before the refusal
  kafka.last.fail(kafkaError('MESSAGE_TOO_LARGE'));
  await sent(2);
  assert.equal(table.drops, 1);
  const [before, after] = await Promise.all(kafka.sends.map(events));
  assert.deepEqual([before?.[0]?.drops, after?.[0]?.drops], [0, 1]);
});

async function events({ messages }: Send): Promise<PortScanEvent[]> {
  return Promise.all(messages.map(({ value }) => codec.decode(Buffer.from(value ?? ''))));
}

async function sequences(send: Send): Promise<(number | null)[]> {
  return (await events(send)).map(({ sequence }) => sequence);
}
