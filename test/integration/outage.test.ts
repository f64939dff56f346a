import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { exitCodes } from '../../src/common/errors.ts';
import { type Kafka, startKafka } from '../helpers/kafka.ts';
import { countUpdate, portScanEvent } from '../helpers/records.ts';
import { Service } from '../helpers/service.ts';
import { kafkaClient, recordWriter } from '../helpers/topics.ts';

/** A broker of its own, which the tests stop. The prefixes differ: its topics go with it. */
let broker: Kafka;
before(async () => {
  broker = await startKafka();
});
after(() => broker.close());

function consumer(t: TestContext, prefix: string, settings: Record<string, string> = {}): Service {
  return new Service(t, 'consumer', { KAFKA_BROKERS: broker.brokers, TOPIC_PREFIX: prefix, ...settings });
}

async function shows(service: Service, line: RegExp): Promise<void> {
  await service.until(
    `the report has ${line}`,
    async () => line.test(await service.get('/api/report.txt')),
    60_000,
  );
}

async function isReady(service: Service): Promise<boolean> {
  return (await service.get('/readyz')) !== '';
}

test('a consumer that starts before Kafka waits for it, says so, and then works', async (t) => {
  await broker.stop();
  const service = consumer(t, 'test-early');
  await service.serving();
  await service.program.says(/Kafka at .* cannot be reached.*trying again in/);
  assert.notEqual(await service.get('/healthz'), '');
  assert.equal(await isReady(service), false);
  assert.match(await service.get('/api/report.txt'), /^Report:/);

  await broker.restart();
  await service.until('it is ready', () => isReady(service), 60_000);
  const write = await recordWriter(t, broker.brokers, 'test-early');
  await write.events(portScanEvent());
  await shows(service, /192\.0\.2\.1 +\| {2}21/);
});

for (const [what, away, back] of [
  ['crashes', () => broker.kill(), () => broker.restart()],
  ['shuts down', () => broker.stop(), () => broker.restart()],
] as const) {
  test(`a consumer whose Kafka ${what} keeps its report, is not ready, and goes on by itself`, async (t) => {
    const prefix = `test-${what.replace(' ', '-')}`;
    const service = consumer(t, prefix);
    await service.ready();
    const write = await recordWriter(t, broker.brokers, prefix);
    await write.events(portScanEvent());
    await shows(service, /192\.0\.2\.1 +\| {2}21/);

    await away();
    await service.until('it is not ready', async () => !(await isReady(service)), 30_000);
    assert.match(await service.get('/api/report.txt'), /192\.0\.2\.1/);
    await back();
    await write.events(countUpdate({ changeCount: 77 }), portScanEvent({ source: '2001:db8::1' }));
    await shows(service, /192\.0\.2\.1 +\| {2}77\n2001:db8::1 +\| {2}21/);
    await service.until('it is ready', () => isReady(service), 60_000);
    assert.equal(await service.stop(), 0);
    assert.equal(service.program.stderr, '');
  });
}

test('a consumer whose Kafka hangs goes on when it answers again', async (t) => {
  const service = consumer(t, 'test-hang');
  await service.ready();
  broker.pause();
  await service.until('it is not ready', async () => !(await isReady(service)), 60_000);
  broker.resume();
  const write = await recordWriter(t, broker.brokers, 'test-hang');
  await write.events(portScanEvent());
  await shows(service, /192\.0\.2\.1 +\| {2}21/);
});

test('a consumer stops within 10 s while Kafka is away, and while it hangs', async (t) => {
  const services = [consumer(t, 'test-stop-1'), consumer(t, 'test-stop-2')];
  for (const [index, away] of [async () => broker.pause(), () => broker.stop()].entries()) {
    const service = services[index];
    assert.ok(service !== undefined);
    await service.ready();
    await away();
    const begin = Date.now();
    assert.equal(await service.stop(), 0);
    assert.ok(Date.now() - begin < 10_000);
    broker.resume();
  }
  await broker.restart();
});

test('topics that are wrong end the consumer with an exit code of their own and the remedy', async (t) => {
  const admin = kafkaClient(broker.brokers).admin();
  await admin.createTopics({ topics: [{ topic: 'test-wrong.report', numPartitions: 6 }] });
  await admin.disconnect();
  const service = consumer(t, 'test-wrong');
  assert.equal(await service.program.exit(), exitCodes.TOPIC_MISMATCH);
  assert.match(
    service.program.stderr,
    /^the topic test-wrong\.report has cleanup\.policy=delete.*kafka-configs.*\n$/,
  );
});

test('a consumer whose HTTP port is taken ends with an exit code of its own', async (t) => {
  const first = consumer(t, 'test-early');
  const [, port = ''] = await first.program.says(/http:\/\/[\d.]+:(\d+)/);
  const second = consumer(t, 'test-early', { CONSUMER_HTTP_PORT: port });
  assert.equal(await second.program.exit(), exitCodes.LISTEN);
  assert.match(second.program.stderr, new RegExp(`^cannot serve HTTP on 127\\.0\\.0\\.1 port ${port}.*\\n$`));
});
