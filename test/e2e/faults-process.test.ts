import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastFirst } from '../helpers/cleanup.ts';
import { readEvents } from '../helpers/events.ts';
import { Inspector, inspectable } from '../helpers/inspector.ts';
import { setClock } from '../helpers/jumping-clock.ts';
import { type Kafka, startKafka } from '../helpers/kafka.ts';
import { unprivileged } from '../helpers/privileged.ts';
import {
  type Capture,
  portChanges,
  reportRow,
  ScanStack,
  scanner4,
  sensorStatus,
  target4,
  untilStatus,
} from '../helpers/scan-stack.ts';
import { Service } from '../helpers/service.ts';

/** What a stall lasts: longer than a session of the consumer group; ms. */
const stall = 10_000;
const minute = 60_000;
const portsOfScan = 300;
/** Until a program has a fresh client for what it was cut off from; ms. */
const patience = 60_000;

describe('what is done to the processes', { skip: unprivileged }, () => {
  const cleanup = lastFirst({ after });
  let kafka: Kafka;
  let stack: ScanStack;
  let producer: Service;
  let consumer: Service;
  let capture: Capture;
  let inspectors: { producer: Inspector; consumer: Inspector };
  before(async () => {
    kafka = await startKafka();
    cleanup.after(() => kafka.close());
    stack = await ScanStack.create(cleanup, kafka.brokers);
    producer = new Service(cleanup, 'producer', stack.settings, [], inspectable);
    consumer = new Service(cleanup, 'consumer', stack.settings, [], inspectable);
    inspectors = {
      producer: await Inspector.of(cleanup, producer.program),
      consumer: await Inspector.of(cleanup, consumer.program),
    };
    await Promise.all([consumer.ready(), producer.ready()]);
    capture = await stack.capture();
  });

  /** Ports that no other scan has, by its number. */
  const ports = (scan: number) => `-p${1 + portsOfScan * scan}-${portsOfScan + portsOfScan * scan}`;
  /** Does something, then waits until the report has exactly what has been captured from the beginning on. */
  const counted = async (action: () => Promise<unknown>) => {
    const before = portChanges(capture.soFar(), scanner4);
    await action();
    let seen = 0;
    let reported: number | undefined;
    const isRight = async () => {
      seen = portChanges(capture.soFar(), scanner4);
      reported = (await reportRow(consumer, scanner4))?.changeCount;
      return seen >= before + portsOfScan - 1 && reported === seen;
    };
    await consumer
      .until('the report has what the capture shows', isRight, patience)
      .catch((error: unknown) => {
        assert.fail(`${reported} changes reported, ${seen} captured: ${error}`);
      });
  };
  const areWell = async () => {
    for (const service of [producer, consumer]) {
      for (const path of ['/healthz', '/readyz']) {
        await service.until(`${path} is good`, async () => (await service.get(path)) !== '', patience);
      }
      assert.equal(service.program.isRunning, true);
    }
  };

  test('stopped for 10 s, both go on and lose nothing', async () => {
    await counted(async () => {
      for (const { program } of [producer, consumer]) program.kill('SIGSTOP');
      await Promise.all([sleep(stall), stack.nmap(target4, '-sS', ports(0))]);
      for (const { program } of [producer, consumer]) program.kill('SIGCONT');
    });
    await areWell();
  });

  test('with an event loop that is blocked for 10 s, both go on and lose nothing', async () => {
    const block = `{ const end = performance.now() + ${stall}; while (performance.now() < end); }`;
    await counted(async () => {
      const blocked = Object.values(inspectors).map((each) => each.evaluate(block));
      await stack.nmap(target4, '-sS', ports(1));
      await Promise.all(blocked);
    });
    await areWell();
  });

  test('clocks that jump by an hour lose no count, and order no episode anew', async () => {
    const row = () => reportRow(consumer, scanner4);
    await counted(() => stack.nmap(target4, '-sS', ports(2)));
    const before = await row();
    // Kafka believes no time that is an hour ahead or more.
    for (const [index, offset] of [59 * minute, -60 * minute, 0].entries()) {
      await setClock(inspectors.producer, offset);
      await counted(() => stack.nmap(target4, '-sS', ports(3 + index)));
      const after = await row();
      assert.deepEqual([after?.epoch, after?.episode], [before?.epoch, before?.episode]);
      assert.ok(Math.abs((after?.lastChange ?? 0) - Date.now() - offset) < minute, 'told by the new clock');
    }
    for (const [index, offset] of [60 * minute, -60 * minute, 0].entries()) {
      await setClock(inspectors.consumer, offset);
      assert.equal((await sensorStatus(consumer))?.state, 'RUNNING');
      await counted(() => stack.nmap(target4, '-sS', ports(6 + index)));
    }
    await areWell();
    const events = await readEvents(kafka.brokers, stack.settings['TOPIC_PREFIX'] ?? '');
    const sequences = new Set(events.flatMap(({ sequence }) => sequence ?? []));
    assert.equal(sequences.size, Math.max(...sequences));
  });

  test('without file descriptors nobody ends; it is named, and mends when there are some', async () => {
    const limit = ({ program }: Service, files: number) =>
      execFileSync('prlimit', ['--pid', String(program.pid), `--nofile=${files}:`]);
    await counted(async () => {
      limit(producer, 3);
      await untilStatus(consumer, 'the status names it', ({ state, lastError }) => {
        return state === 'DEGRADED' && /Too many open files/.test(lastError ?? '');
      });
      limit(consumer, 3);
      const [from, begun] = [producer, consumer].map(({ program }) => program.stdout.length);
      await kafka.kill();
      await kafka.restart();
      const cutOff = /cannot be reached: .*EMFILE/;
      const says = ({ program }: Service, since = 0) => cutOff.test(program.stdout.slice(since));
      await producer.until('the producer names it', () => says(producer, from), patience);
      await consumer.until('the consumer names it', () => says(consumer, begun), patience);
      for (const service of [producer, consumer]) assert.equal(await service.get('/healthz'), '');
      await stack.nmap(target4, '-sS', ports(9));
      for (const service of [producer, consumer]) limit(service, 1024);
    });
    await areWell();
    await untilStatus(consumer, 'it is well', ({ state }) => state === 'RUNNING');
  });
});
