import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AvroCodec } from '../../src/common/avro.ts';
import type { ControlResult } from '../../src/common/control/records.ts';
import { readToEnd } from '../../src/common/kafka/reader.ts';
import { openNative } from '../../src/producer/native.ts';
import { lastFirst } from '../helpers/cleanup.ts';
import { isFull } from '../helpers/full.ts';
import { startKafka } from '../helpers/kafka.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import {
  reportRow,
  ScanStack,
  scanner4,
  scanner6,
  sensorStatus,
  target4,
  target6,
  untilStatus,
} from '../helpers/scan-stack.ts';
import { kafkaClient } from '../helpers/topics.ts';

const edge1 = ['--sensor', 'edge1'];

/** The sensor's answers by command. */
async function answersOf({ settings }: ScanStack): Promise<Map<string, string[]>> {
  const { KAFKA_BROKERS = '', TOPIC_PREFIX = '' } = settings;
  const codec = new AvroCodec<ControlResult>('control-result');
  const answers = new Map<string, string[]>();
  await readToEnd(kafkaClient(KAFKA_BROKERS), `${TOPIC_PREFIX}.control-results`, async (_, records) => {
    for (const { value } of records) {
      if (value === null) continue;
      const { commandId, sensor, status } = await codec.decode(value);
      const known = answers.get(commandId) ?? [];
      answers.set(commandId, sensor === null ? known : [...known, status]);
    }
  });
  return answers;
}

privilegedTest(
  'a producer that is killed again and again while commands arrive answers each of them',
  async (t) => {
    const stack = await ScanStack.create(t);
    const consumer = stack.consumer();
    let producer = stack.producer();
    await Promise.all([consumer.ready(), producer.ready()]);
    const rounds = isFull ? 20 : 4;
    const perRound = isFull ? 10 : 5;
    for (let round = 0; round < rounds; round++) {
      const sending = Array.from({ length: perRound }, (_, index) =>
        stack.ctl(...edge1, '--timeout', '60', '-t', String(100 * (round + 1) + index)),
      );
      await consumer.until(
        'commands arrive',
        () => consumer.program.stdout.includes(`version ${round * perRound + randomInt(perRound)}"`),
        30_000,
      );
      await producer.crash();
      producer = stack.producer();
      await producer.ready();
      const codes = await Promise.all(sending);
      assert.deepEqual(new Set(codes.map(({ code }) => code)), new Set([0]));
    }
    const answers = await answersOf(stack);
    assert.equal(answers.size, rounds * perRound);
    for (const [id, statuses] of answers) assert.deepEqual(new Set(statuses), new Set(['APPLIED']), id);

    const last = rounds * perRound - 1;
    await untilStatus(consumer, 'the status has the last command', (s) => s.configVersion === last);
    const status = await sensorStatus(consumer);
    await producer.crash();
    const { pinDirectory } = stack.sandbox;
    const sensor = openNative({ pinDirectory, maxSources: 65_536, ringBytes: 8 * 1024 * 1024 });
    const { threshold } = sensor.settings;
    sensor.close();
    assert.equal(threshold, status?.threshold, 'the kernel has another threshold than the status says');
  },
);

privilegedTest('65 536 prefixes are ignored, survive a restart, and are removed again', async (t) => {
  const stack = await ScanStack.create(t);
  const consumer = stack.consumer();
  const first = stack.producer();
  await Promise.all([consumer.ready(), first.ready()]);
  const list = join(stack.sandbox.directory, 'prefixes');
  const count = isFull ? 65_536 : 8_192;
  const prefixes = Array.from(
    { length: count },
    (_, n) => `10.${128 + (n >> 14)}.${(n >> 6) & 255}.${(n & 63) * 4}/31`,
  );
  writeFileSync(list, prefixes.join('\n'));
  const began = Date.now();
  await stack.command(...edge1, '--timeout', '120', '-i', `@${list}`);
  t.diagnostic(`${count} prefixes applied in ${Date.now() - began} ms`);
  await untilStatus(consumer, 'all are ignored', (s) => s.ignoredPrefixes === count);

  assert.equal(await first.stop(), 0);
  await untilStatus(consumer, 'it has stopped', (s) => s.state === 'STOPPED');
  const second = stack.producer();
  await second.ready();
  await untilStatus(
    consumer,
    'all are ignored again',
    (s) => s.state === 'RUNNING' && s.ignoredPrefixes === count,
  );
  await stack.command(...edge1, '--timeout', '120', '--unignore', `@${list}`);
  await untilStatus(consumer, 'none is ignored', (s) => s.ignoredPrefixes === 0);
});

privilegedTest(
  'what was commanded while the sensor was stopped is in force and answered when it starts',
  async (t) => {
    const stack = await ScanStack.create(t);
    const consumer = stack.consumer();
    const first = stack.producer();
    await Promise.all([consumer.ready(), first.ready()]);
    await stack.command(...edge1, '-I', '1');
    assert.equal(await first.stop(), 0);
    const sent = await stack.ctl(...edge1, '--timeout', '2', '-t', '7');
    assert.equal(sent.code, 3);
    const second = stack.producer();
    await second.ready();
    await consumer.until('it is answered', async () =>
      [...(await answersOf(stack)).values()].every((statuses) => statuses.join() === 'APPLIED'),
    );
    await untilStatus(
      consumer,
      'it is in force',
      (s) => s.threshold === 7 && s.icmpEnable && s.configVersion === 1,
    );
  },
);

privilegedTest(
  'a sensor that is killed while Kafka is away goes on with what it was commanded',
  async (t) => {
    const cleanup = lastFirst(t);
    const kafka = await startKafka();
    cleanup.after(() => kafka.close());
    const stack = await ScanStack.create(cleanup, kafka.brokers);
    const consumer = stack.consumer();
    const first = stack.producer();
    await Promise.all([consumer.ready(), first.ready()]);
    await stack.command(...edge1, '-I', '1');
    await stack.command(...edge1, '-i', scanner4);
    await kafka.stop();
    await first.crash();
    const second = stack.producer();
    await second.program.says(/attached to/, 30_000);
    assert.equal(await stack.answersPing(target6), true, 'it has forgotten that pings are answered');
    await stack.nmap(target4, '-sS', '-p1-100');
    await stack.nmap(target6, '-sS', '-p1-100');
    await kafka.restart();
    await second.ready();
    await consumer.until('what it counted is reported', async () => {
      return ((await reportRow(consumer, scanner6))?.changeCount ?? 0) >= 99;
    });
    assert.equal(await reportRow(consumer, scanner4), undefined, 'it has forgotten whom to ignore');
  },
);
