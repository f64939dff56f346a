import assert from 'node:assert/strict';
import { lastFirst } from '../helpers/cleanup.ts';
import { readEvents } from '../helpers/events.ts';
import { eventually } from '../helpers/eventually.ts';
import { startKafka } from '../helpers/kafka.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import {
  portChanges,
  reportRow,
  ScanStack,
  scanner4,
  scanner6,
  target4,
  target6,
} from '../helpers/scan-stack.ts';

privilegedTest('SIGTERM while Kafka is away: the next start delivers everything, counts go on', async (t) => {
  const cleanup = lastFirst(t);
  const kafka = await startKafka();
  cleanup.after(() => kafka.close());
  const stack = await ScanStack.create(cleanup, kafka.brokers);
  const first = stack.producer();
  await first.ready();
  const capture = await stack.capture();
  await stack.nmap(target4, '-sS', '-p1-100');
  await kafka.stop();
  await stack.nmap(target4, '-sS', '-p101-400');
  await stack.nmap(target6, '-sS', '-p1-100');
  assert.equal(await first.stop(), 0);
  assert.match(first.program.stdout.trim().split('\n').at(-1) ?? '', /not everything is delivered/);
  assert.doesNotMatch(await stack.target.exec('ip', ['link', 'show', 'watch0']), /xdp/, 'still attached');

  await kafka.restart();
  const consumer = stack.consumer();
  const second = stack.producer();
  await Promise.all([consumer.ready(), second.ready()]);
  assert.match(second.program.stdout, /going on with epoch/);
  const between = portChanges(await capture.frames(), scanner4);
  await consumer.until('the scans from before are in the report', async () => {
    return (
      (await reportRow(consumer, scanner4))?.changeCount === between &&
      ((await reportRow(consumer, scanner6))?.changeCount ?? 0) >= 99
    );
  });
  await stack.nmap(target4, '-sS', '-p1000-1099');
  await consumer.until('the count goes on', async () => {
    return ((await reportRow(consumer, scanner4))?.changeCount ?? 0) >= between + 99;
  });
  await assertNoGap(kafka.brokers, stack.settings['TOPIC_PREFIX'] ?? '');
  assert.equal(await second.stop(), 0);
  assert.doesNotMatch(second.program.stdout, /not everything is delivered/);
});

privilegedTest(
  'SIGKILL of the producer in mid-scan: the program counts on, the next start delivers',
  async (t) => {
    const stack = await ScanStack.create(t);
    const consumer = stack.consumer();
    const first = stack.producer();
    await Promise.all([consumer.ready(), first.ready()]);
    const capture = await stack.capture();
    const scan = stack.nmap(target4, '-sS', '-p1-2000', '--max-rate', '400');
    await consumer.until('the scan is seen', async () => (await reportRow(consumer, scanner4)) !== undefined);
    await first.crash();
    await scan;
    const second = stack.producer();
    await second.ready();
    assert.match(second.program.stdout, /going on with epoch/);
    const expected = portChanges(await capture.frames(), scanner4);
    await consumer.until(`the row has ${expected} changes`, async () => {
      return (await reportRow(consumer, scanner4))?.changeCount === expected;
    });
    await assertNoGap(stack.settings['KAFKA_BROKERS'] ?? '', stack.settings['TOPIC_PREFIX'] ?? '');
  },
);

privilegedTest('--stay-attached leaves the program counting, and the next start goes on', async (t) => {
  const stack = await ScanStack.create(t);
  const first = stack.producer({}, ['--stay-attached']);
  await first.ready();
  assert.equal(await first.stop(), 0);
  assert.match(await stack.target.exec('ip', ['link', 'show', 'watch0']), /xdp/);
  await stack.nmap(target4, '-sS', '-p1-100');
  const consumer = stack.consumer();
  const second = stack.producer();
  await Promise.all([consumer.ready(), second.ready()]);
  await consumer.until('the scan between the two is in the report', async () => {
    return ((await reportRow(consumer, scanner4))?.changeCount ?? 0) >= 99;
  });
});

privilegedTest('--remove detaches and unpins what was left, without Kafka', async (t) => {
  const stack = await ScanStack.create(t);
  const first = stack.producer();
  await first.ready();
  await first.crash();
  const remover = stack.producer({ KAFKA_BROKERS: '127.0.0.1:1' }, ['--remove']);
  assert.equal(await remover.program.exit(), 0);
  assert.match(remover.program.stdout, /removed from watch0/);
  assert.doesNotMatch(await stack.target.exec('ip', ['link', 'show', 'watch0']), /xdp/);
  await eventually('the pins are gone', () => stack.pins().length === 0);
});

privilegedTest('a clean stop with everything delivered leaves no pin and no program', async (t) => {
  const stack = await ScanStack.create(t);
  const producer = stack.producer();
  await producer.ready();
  await stack.nmap(target4, '-sS', '-p1-100');
  assert.equal(await producer.stop(), 0);
  assert.deepEqual(stack.pins(), []);
  assert.doesNotMatch(await stack.target.exec('ip', ['link', 'show', 'watch0']), /xdp/);
});

privilegedTest(
  'a producer that starts before Kafka says what it waits for, and delivers later',
  async (t) => {
    const cleanup = lastFirst(t);
    const kafka = await startKafka();
    cleanup.after(() => kafka.close());
    await kafka.stop();
    const stack = await ScanStack.create(cleanup, kafka.brokers);
    const producer = stack.producer();
    await producer.serving();
    await producer.until(
      'it names Kafka',
      () => /Kafka at .* cannot be reached: .* – check that it runs/.test(producer.program.stdout),
      30_000,
    );
    assert.equal(await producer.get('/readyz'), '');
    await stack.nmap(target4, '-sS', '-p1-100');
    await kafka.restart();
    const consumer = stack.consumer();
    await Promise.all([producer.ready(), consumer.ready()]);
    await consumer.until('the scan is in the report', async () => {
      return ((await reportRow(consumer, scanner4))?.changeCount ?? 0) >= 99;
    });
  },
);

/** The kernel's sequence numbers in the topic, of each epoch, are 1, 2, 3 … without a hole. */
async function assertNoGap(brokers: string, prefix: string): Promise<void> {
  const sequences = new Map<string, Set<number>>();
  for (const event of await readEvents(brokers, prefix)) {
    if (event.sequence === null) continue;
    assert.equal(event.drops, 0);
    const known = sequences.get(event.epoch) ?? new Set();
    sequences.set(event.epoch, known.add(event.sequence));
  }
  assert.ok(sequences.size > 0, 'no event in the topic');
  for (const numbers of sequences.values()) assert.equal(Math.max(...numbers), numbers.size);
}
