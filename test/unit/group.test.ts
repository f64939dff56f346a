import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Consumer, ConsumerRunConfig, EachBatchPayload, Kafka } from 'kafkajs';
import { GroupMember } from '../../src/consumer/group.ts';
import { eventually } from '../helpers/eventually.ts';
import { silent } from '../helpers/topics.ts';

const topic = 't';
const events = Object.fromEntries(
  ['CRASH', 'REBALANCING', 'GROUP_JOIN', 'REQUEST', 'REQUEST_TIMEOUT'].map((name) => [name, name]),
);

/** Consumers that do what a test says, in the order in which they were made. */
class FakeConsumers {
  readonly made: FakeConsumer[] = [];
  #failures: number;

  /** The first so many cannot connect. */
  constructor(failures: number) {
    this.#failures = failures;
  }

  readonly kafka = {
    consumer: () => {
      const consumer = new FakeConsumer(async () => {
        this.#failures -= 1;
        if (this.#failures >= 0) throw new Error('no broker');
      });
      this.made.push(consumer);
      return consumer as unknown as Consumer;
    },
  } as unknown as Kafka;
}

class FakeConsumer {
  readonly events = events;
  readonly #listeners = new Map<string, (event: unknown) => void>();
  readonly connect: () => Promise<void>;
  config: ConsumerRunConfig | undefined;

  constructor(connect: () => Promise<void>) {
    this.connect = connect;
  }

  on(name: string, listener: (event: unknown) => void): void {
    this.#listeners.set(name, listener);
  }

  emit(name: string, payload: object = {}): void {
    this.#listeners.get(name)?.({ payload });
  }

  join(): void {
    this.emit('GROUP_JOIN', { memberAssignment: { [topic]: [0] } });
  }

  async subscribe(): Promise<void> {}
  async run(config: ConsumerRunConfig): Promise<void> {
    this.config = config;
  }
  async disconnect(): Promise<void> {}
}

function member(
  t: TestContext,
  onBatch: (payload: EachBatchPayload) => Promise<void> = async () => {},
  failures = 0,
) {
  const consumers = new FakeConsumers(failures);
  const group = new GroupMember({
    ...{ kafka: consumers.kafka, brokers: ['b:1'], groupId: 'g', topic, autoCommit: true, logger: silent },
    ...{ onAssigned: () => {}, onRevoked: () => {}, onBatch },
  });
  group.start();
  t.after(() => group.close());
  const runs = (count: number) =>
    eventually(`consumer ${count} runs`, () => consumers.made[count - 1]?.config !== undefined);
  return { consumers, group, runs };
}

/** Of these offsets, of a partition that ends at `end`. */
function batch(first: number, last: number, end: number): EachBatchPayload {
  const offsets = { firstOffset: () => String(first), lastOffset: () => String(last) };
  return { batch: { ...offsets, partition: 0, highWatermark: String(end) } } as unknown as EachBatchPayload;
}

test('what is not done yet is its lag, from the beginning of a batch to its end; without partitions there is none', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { consumers, group, runs } = member(t, () => promise);
  await runs(1);
  const [consumer] = consumers.made;
  assert.deepEqual([...group.lags], []);
  consumer?.join();
  assert.deepEqual([...group.lags], [[0, 0]]);
  const taken = consumer?.config?.eachBatch?.(batch(4, 6, 10));
  assert.deepEqual([...group.lags], [[0, 6]]);
  resolve();
  await taken;
  assert.deepEqual([...group.lags], [[0, 3]]);
  consumer?.emit('REBALANCING');
  assert.deepEqual([...group.lags], []);
  consumer?.join();
  assert.equal(group.failures, 0);
  consumer?.emit('CRASH', { error: new Error('a defect') });
  await runs(2);
  assert.equal(group.failures, 1);
});

test('a consumer that kafkajs gives up without a restart has a successor', async (t) => {
  const { consumers, group, runs } = member(t);
  await runs(1);
  consumers.made[0]?.join();
  assert.equal(group.hasJoined, true);
  consumers.made[0]?.emit('CRASH', { error: new TypeError('a defect'), restart: false });
  await runs(2);
  assert.deepEqual([group.hasJoined, group.isStalled], [false, false]);
});

test('a consumer whose connecting fails for good has a successor', async (t) => {
  const { consumers, runs } = member(t, undefined, 1);
  await runs(2);
  assert.equal(consumers.made[0]?.config, undefined);
});

test('a consumer of which nothing is heard for a minute is replaced, and it is stalled until the next has joined', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { consumers, group, runs } = member(t);
  await runs(1);
  consumers.made[0]?.join();
  t.mock.timers.tick(59_999);
  consumers.made[0]?.emit('REQUEST');
  t.mock.timers.tick(59_999);
  assert.deepEqual([group.hasJoined, group.isStalled], [true, false]);
  t.mock.timers.tick(1);
  await runs(2);
  assert.equal(group.isStalled, true);
  consumers.made[1]?.join();
  assert.deepEqual([group.hasJoined, group.isStalled], [true, false]);
});

test('a batch that does not end is given up with its consumer', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { consumers, group, runs } = member(t, () => new Promise(() => {}));
  await runs(1);
  const [first] = consumers.made;
  first?.join();
  const taken = first?.config?.eachBatch?.(batch(4, 6, 10));
  taken?.catch(() => undefined);
  for (const _ of [1, 2, 3]) {
    first?.emit('REQUEST');
    t.mock.timers.tick(40_000);
  }
  await runs(2);
  assert.equal(group.isStalled, true);
});

test('a consumer that has been let go joins too late: its successor keeps its share, and the batch stays undone', async (t) => {
  const { consumers, group, runs } = member(t);
  await runs(1);
  const [first] = consumers.made;
  first?.join();
  first?.emit('CRASH', { error: new Error('gone') });
  await runs(2);
  consumers.made[1]?.join();
  first?.emit('REBALANCING');
  first?.emit('GROUP_JOIN', { memberAssignment: { [topic]: [1, 2] } });
  assert.deepEqual([...group.lags.keys()], [0]);
  assert.equal(group.hasJoined, true);
  await assert.rejects(
    async () => first?.config?.eachBatch?.(batch(0, 1, 2)),
    /has not taken this member back/,
  );
  assert.equal(group.failures, 1);
});

test('a consumer that has been let go sends no heartbeats for a batch that is still under way', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let heartbeat: () => Promise<void> = async () => {};
  const { consumers, runs } = member(t, async (payload) => {
    heartbeat = payload.heartbeat;
    await promise;
  });
  await runs(1);
  const [first] = consumers.made;
  first?.join();
  let beats = 0;
  const beat = async () => {
    beats += 1;
  };
  const taken = first?.config?.eachBatch?.({ ...batch(0, 1, 2), heartbeat: beat });
  await heartbeat();
  first?.emit('CRASH', { error: new Error('gone') });
  await runs(2);
  await assert.rejects(heartbeat(), /has not taken this member back/);
  assert.equal(beats, 1);
  resolve();
  await taken;
});
