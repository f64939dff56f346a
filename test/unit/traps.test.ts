/* Long, because every trap of kafkajs is shown twice: as it is, and as it is avoided. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { writable } from '../../src/common/kafka/traps/headers.ts';
import { stopIdleTimers } from '../../src/common/kafka/traps/idle-timer.ts';
import { tellLostPositions } from '../../src/common/kafka/traps/lost-position.ts';
import { refuseManyHeaders } from '../../src/common/kafka/traps/many-headers.ts';
import { forgetStaleBytes } from '../../src/common/kafka/traps/stale-bytes.ts';
import { noteThrottling, throttledUntil } from '../../src/common/kafka/traps/throttle.ts';
import { checkTimeoutsSeldom } from '../../src/common/kafka/traps/timeout-check.ts';
import { passUnreadableBatches } from '../../src/common/kafka/traps/unreadable-batch.ts';
import { createLogger } from '../../src/common/logger.ts';
import { eventually } from '../helpers/eventually.ts';
import { freePort } from '../helpers/free-port.ts';
import { kafkaError } from '../helpers/kafka-errors.ts';

/*
 * Each test shows a trap of kafkajs first, then that we are out of it. One that fails in its first part tells that a new
 * version has mended it: the workaround can go.
 */

const require = createRequire(import.meta.url);
const RequestQueue = require('kafkajs/src/network/requestQueue');
const Record = require('kafkajs/src/protocol/recordBatch/record/v0');
const decodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0/decoder');
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0');
const Decoder = require('kafkajs/src/protocol/decoder');
const Produce = require('kafkajs/src/protocol/requests/produce/v3/request');
const createSendMessages = require('kafkajs/src/producer/sendMessages');
const createEosManager = require('kafkajs/src/producer/eosManager');
const createRetry = require('kafkajs/src/retry');
const Runner = require('kafkajs/src/consumer/runner');
const ConsumerGroup = require('kafkajs/src/consumer/consumerGroup');
const Connection = require('kafkajs/src/network/connection');
const createSocketFactory = require('kafkajs/src/network/socketFactory');

const quiet = { namespace: () => quiet, debug() {}, info() {}, warn() {}, error() {} };

test('a queue of requests checks itself each millisecond though it is empty', async () => {
  const watch = () => {
    const queue = new RequestQueue({ logger: quiet, maxInFlightRequests: 1, requestTimeout: 1_000 });
    const original = queue.checkPendingRequests;
    const watched = { checks: 0, close: () => queue.destroy() };
    queue.checkPendingRequests = () => {
      watched.checks += 1;
      original.call(queue);
    };
    queue.checkPendingRequests();
    return watched;
  };
  const trapped = watch();
  await eventually('the trap: it checks itself', () => trapped.checks > 20);
  trapped.close();
  stopIdleTimers();
  const freed = watch();
  await sleep(50);
  assert.equal(freed.checks, 1);
});

test('a connection looks ten times a second for requests that are overdue', (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'] });
  /** How often it has looked in ten seconds, and given up the one request in flight, which has one second. */
  const watch = () => {
    const queue = new RequestQueue({
      ...{ logger: quiet, maxInFlightRequests: 1, requestTimeout: 15_000, enforceRequestTimeout: true },
    });
    const watched = { looks: 0, timeouts: 0 };
    const timeoutRequest = () => {
      watched.timeouts += 1;
      queue.inflight.clear();
    };
    queue.inflight.set(1, { sentAt: Date.now(), requestTimeout: 1_000, timeoutRequest });
    queue.isConnected = () => {
      watched.looks += 1;
      return true;
    };
    queue.scheduleRequestTimeoutCheck();
    t.mock.timers.tick(10_000);
    queue.destroy();
    return watched;
  };
  assert.deepEqual(watch(), { looks: 100, timeouts: 1 });
  checkTimeoutsSeldom();
  assert.deepEqual(watch(), { looks: 2, timeouts: 1 });
});

test('a group whose next record is gone goes on from the beginning, and says so only in the log of kafkajs', async () => {
  const said: string[] = [];
  let resets = 0;
  const group = Object.assign(Object.create(ConsumerGroup.prototype), {
    logger: quiet,
    preferredReadReplicasPerTopicPartition: {},
    offsetManager: {
      async setDefaultOffset() {
        resets += 1;
      },
    },
  });
  const lost = { topic: 'events', partition: 3 };
  await group.recoverFromOffsetOutOfRange(lost);
  assert.deepEqual([resets, said], [1, []]);
  const logger = Object.assign(createLogger({ level: 'silent', name: 'test' }), {
    warn: (line: string) => said.push(line),
  });
  tellLostPositions(logger);
  await group.recoverFromOffsetOutOfRange(lost);
  assert.equal(resets, 2);
  assert.match(said.join('\n'), /^partition 3 of events no longer has what was to be read next/);
});

test('a throttled client keeps requests back without a word', () => {
  const throttle = (clientId: string) => {
    const queue = new RequestQueue({
      logger: quiet,
      clientId,
      maxInFlightRequests: 1,
      requestTimeout: 1_000,
    });
    queue.maybeThrottle(60_000);
    return queue;
  };
  const trapped = throttle('trapped');
  assert.equal(trapped.canSendSocketRequestImmediately(), false);
  assert.equal(throttledUntil('trapped'), 0, 'the trap: nobody knows');
  noteThrottling();
  const begin = Date.now();
  assert.equal(throttle('watched').canSendSocketRequestImmediately(), false);
  const until = throttledUntil('watched');
  assert.ok(until >= begin + 60_000 && until <= Date.now() + 60_000, String(until - begin));
});

test('an idempotent producer gives a number to a second record when the first may have been appended with it', async () => {
  const numbers: [string, number][] = [];
  const broker = {
    nodeId: '1',
    initProducerId: async () => ({ producerId: '7', producerEpoch: 0 }),
    produce: async ({
      topicData,
    }: {
      topicData: { partitions: { firstSequence: number; messages: { value: string }[] }[] }[];
    }) => {
      const [{ firstSequence = -1, messages: [message] = [] } = {}] = topicData[0]?.partitions ?? [];
      numbers.push([message?.value ?? '', firstSequence]);
      if (message?.value === 'first') throw new Error('appended, but the answer is lost');
      return { topics: [] };
    },
  };
  const retry = { retries: 0, initialRetryTime: 1, maxRetryTime: 1, factor: 0, multiplier: 1 };
  const cluster = {
    retry,
    refreshMetadataIfNecessary: async () => {},
    refreshMetadata: async () => {},
    addMultipleTargetTopics: async () => {},
    isConnected: () => true,
    findControllerBroker: async () => broker,
    findBroker: async () => broker,
    findTopicPartitionMetadata: () => [{ partitionId: 0, leader: '1' }],
    findLeaderForPartitions: () => ({ 1: [0] }),
  };
  const eosManager = createEosManager({ logger: quiet, cluster, transactional: false });
  await eosManager.initProducerId();
  const send = createSendMessages({
    ...{ logger: quiet, cluster, eosManager, partitioner: () => 0, retrier: createRetry(retry) },
  });
  const batch = (value: string) => ({ acks: -1, topicMessages: [{ topic: 't', messages: [{ value }] }] });
  await Promise.allSettled([send(batch('first')), send(batch('second'))]);
  assert.deepEqual(numbers, [
    ['first', 0],
    ['second', 0], // to the broker a repetition: acknowledged, and not appended
  ]);
});

test('headers that are numbers, or have no value, cannot be written', () => {
  const encode = (headers: object) =>
    Record({ key: null, value: 'x', headers, offsetDelta: 0, timestampDelta: 0 });
  for (const value of [7, null, undefined]) assert.throws(() => encode({ value }), TypeError);
  const nothing = JSON.parse('{"none":null,"list":[null]}');
  encode(writable(nothing));
  assert.deepEqual(writable(nothing), { none: '', list: [''] });
});

test('a record with thousands of headers takes seconds to read', () => {
  const headers = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`h${index}`, '']));
  const { buffer } = Record({ key: null, value: 'x', headers, offsetDelta: 0, timestampDelta: 0 });
  const decode = () => {
    const decoder = new Decoder(buffer);
    decoder.readVarInt(); // its length
    return decodeRecord(decoder, { firstOffset: '0', firstTimestamp: '0' });
  };
  const begin = performance.now();
  assert.equal(Object.keys(decode().headers).length, 2_000);
  const took = performance.now() - begin;
  assert.ok(took > 50, `the trap: ${took} ms`);
  refuseManyHeaders();
  assert.throws(decode, /more than 32 headers/);
});

test('a batch in which some messages have a time and some have none lies about its newest', async () => {
  const written = {
    topic: 't',
    partitions: [
      { partition: 0, firstSequence: 0, messages: [{ value: 'a', timestamp: '1000' }, { value: 'b' }] },
    ],
  };
  const { buffer } = await (await Produce({ acks: -1, timeout: 1, topicData: [written] })).encode();
  const before = 2 + 2 + 4 + 4 + (2 + 1) + 4 + 4 + 4;
  const maxTimestampAt = 8 + 4 + 4 + 1 + 4 + 2 + 4 + 8;
  assert.equal(buffer.readBigInt64BE(before + maxTimestampAt), 1_000n, 'the trap: "b" is of today');
});

test('one batch that cannot be unpacked is the end of its partition', async () => {
  const batch = await RecordBatch({
    ...{ compression: 0, firstTimestamp: 5, maxTimestamp: 5, producerId: -1, producerEpoch: 0 },
    ...{ firstSequence: 0, lastOffsetDelta: 0, partitionLeaderEpoch: 0 },
    records: [Record({ key: null, value: 'x', headers: {}, offsetDelta: 0, timestampDelta: 0 })],
  });
  const bytes = Buffer.from(batch.buffer);
  bytes.writeInt16BE(1, 21); // says that it is gzip, and is not
  const path = require.resolve('kafkajs/src/protocol/recordBatch/v0/decoder');
  await assert.rejects(require(path)(new Decoder(bytes)));
  passUnreadableBatches();
  const { records } = await require(path)(new Decoder(bytes));
  assert.deepEqual(
    records.map(({ offset, key, value }: { offset: string; key: null; value: null }) => [offset, key, value]),
    [['0', null, null]],
  );
});

test('a client whose broker is away for a while gives up for good', async () => {
  const port = await freePort();
  const kafka = new kafkajs.Kafka({
    ...{ brokers: [`127.0.0.1:${port}`], logLevel: kafkajs.logLevel.NOTHING },
    retry: { retries: 2, initialRetryTime: 1 },
  });
  await assert.rejects(kafka.producer().connect());
});

test('a member that the coordinator does not take back goes on with the partitions that it had', async () => {
  const calls: string[] = [];
  const answers = [undefined, kafkaError('GROUP_LOAD_IN_PROGRESS')];
  const consumerGroup = {
    ...{ connect: async () => {}, leave: async () => {}, getNodeIds: () => ['1'] },
    joinAndSync: async () => {
      calls.push('join');
      const answer = answers.shift();
      if (answer !== undefined) throw answer;
    },
    fetch: async () => {
      calls.push('fetch');
      if (calls.length === 2) throw kafkaError('REBALANCE_IN_PROGRESS');
      await sleep(1);
      return [];
    },
    heartbeat: async () => {},
  };
  const runner = new Runner({
    ...{ logger: quiet, consumerGroup, instrumentationEmitter: new EventEmitter(), concurrency: 1 },
    ...{ onCrash: () => calls.push('crash'), eachBatch: async () => {}, autoCommit: false },
    retry: { retries: 5, initialRetryTime: 1 },
  });
  await runner.start();
  while (calls.length < 8) await sleep(1);
  await runner.stop();
  assert.deepEqual(calls.slice(0, 8), ['join', 'fetch', 'join', ...Array(5).fill('fetch')]);
});

test('a topic cannot be read without a group in public', () => {
  const kafka = new kafkajs.Kafka({ brokers: ['b:1'], logLevel: kafkajs.logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: 'g' });
  assert.deepEqual(
    ['assign', 'fetch', 'poll'].filter((name) => name in kafka || name in consumer),
    [],
  );
});

test('a connection that died in the middle of a response still holds its first half when it is opened again', async (t) => {
  const halfResponse = Buffer.from([0, 0, 0, 9, 1]);
  const server = createServer((socket) => socket.on('error', () => {}).end(halfResponse)).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const heldAfterTwo = async (): Promise<number> => {
    const socketFactory = createSocketFactory();
    const connection = new Connection({ host: '127.0.0.1', port, socketFactory, logger: quiet });
    for (let time = 0; time < 2; time += 1) {
      await connection.connect();
      await eventually('it is closed by the other side', () => !connection.isConnected());
    }
    return connection.bytesBuffered;
  };
  assert.equal(await heldAfterTwo(), 2 * halfResponse.length, 'the trap: both halves');
  forgetStaleBytes();
  assert.equal(await heldAfterTwo(), halfResponse.length);
});

test('bytes that make no sense end their connection, not the process', async () => {
  forgetStaleBytes();
  const socketFactory = createSocketFactory();
  const connection = new Connection({ host: '127.0.0.1', port: 1, socketFactory, logger: quiet });
  let isLetGo = false;
  connection.disconnect = async () => {
    isLetGo = true;
  };
  connection.processData(Buffer.from([0, 0, 0, 1, 7]));
  assert.ok(isLetGo);
});
