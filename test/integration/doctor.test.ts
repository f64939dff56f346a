import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { readToEnd } from '../../src/common/kafka/reader.ts';
import { type TopicName, topics } from '../../src/common/kafka/topics.ts';
import { loadChecks } from '../../src/ctl/doctor/checks.ts';
import { brokerOfFile } from '../helpers/broker-of-file.ts';
import { controlDouble } from '../helpers/control-double.ts';
import { remote, runDoctor } from '../helpers/doctor.ts';
import { freePort } from '../helpers/free-port.ts';
import { assertDocumented } from '../helpers/generated-table.ts';
import { startProgram } from '../helpers/program.ts';
import { startSchemaRegistry } from '../helpers/schema-registry.ts';
import { Service } from '../helpers/service.ts';
import { topicPrefix } from '../helpers/topic-prefix.ts';
import { configure, kafkaClient, makeTopics } from '../helpers/topics.ts';

const checks = await loadChecks();

const broker = brokerOfFile();

/** All topics, and a sensor edge1 that is well. */
async function scene(t: TestContext) {
  const double = await controlDouble(t, broker.brokers);
  await makeTopics(broker.brokers, double.prefix, Object.keys(topics) as TopicName[]);
  await double.says({ sensor: 'edge1' });
  return { ...double, args: [...double.args, '--sensor', 'edge1', '--timeout', '30'] };
}

test('a healthy Kafka and sensor are told in a line each, exit 0', async (t) => {
  const { args } = await scene(t);
  const program = startProgram(t, 'src/ctl/main.js', ['doctor', ...args]);
  assert.equal(await program.exit(), 0, program.stdout);
  assert.equal(
    program.stdout,
    `Kafka at ${broker.brokers}
  OK       kafka, cleanup-policies, clock, registry, topics
Sensor edge1
  OK       sensor, ring, sensor-id
8 checks: 8 OK
`,
  );
});

test('--wide tells what each check has found', async (t) => {
  const { args } = await scene(t);
  const program = startProgram(t, 'src/ctl/main.js', ['doctor', '--wide', ...args]);
  await program.exit();
  assert.match(program.stdout, /OK {7}kafka: one broker\n/);
  assert.match(program.stdout, /OK {7}sensor: edge1 is running\n/);
});

test('Kafka that is away fails one check and leaves the others unknown; without that one, exit 3', async (t) => {
  const args = ['--brokers', `127.0.0.1:${await freePort()}`, '--sensor', 'edge1'];
  const { code, found } = await runDoctor(t, args);
  assert.equal(found.get('kafka')?.verdict, 'FAIL');
  assert.match(found.get('kafka')?.found ?? '', /cannot be reached: .*ECONNREFUSED/);
  assert.match(found.get('kafka')?.remedy ?? '', /PORT_TICKER_KAFKA_BROKERS/);
  for (const id of ['topics', 'cleanup-policies', 'clock', 'sensor', 'ring', 'sensor-id'])
    assert.equal(found.get(id)?.verdict, 'UNKNOWN', id);
  assert.equal(code, 1);

  const unasked = await runDoctor(t, [...args, '--skip', 'kafka']);
  assert.equal(unasked.found.has('kafka'), false);
  assert.equal(unasked.code, 3);
});

test('topics that are not there yet are a warning: exit 0, and 1 with --strict', async (t) => {
  const prefix = topicPrefix(t, broker.brokers);
  const skip = remote.replace('kafka,topics,', '');
  const args = ['--brokers', broker.brokers, '--topic-prefix', prefix, '--skip', skip];
  const { code, found } = await runDoctor(t, args);
  assert.equal(found.get('topics')?.verdict, 'WARN');
  assert.match(found.get('topics')?.found ?? '', new RegExp(`${prefix}\\.events, .*${prefix}\\.dead-letter`));
  assert.match(found.get('topics')?.remedy ?? '', /start port-ticker-consumer/);
  assert.equal(code, 0);
  assert.equal((await runDoctor(t, [...args, '--strict'])).code, 1);
});

test('every topic with a wrong clean-up policy or wrong times is named, with the command that mends it', async (t) => {
  const { args, prefix } = await scene(t);
  await configure(broker.brokers, `${prefix}.report`, { 'cleanup.policy': 'delete' });
  await configure(broker.brokers, `${prefix}.control`, { 'message.timestamp.type': 'CreateTime' });
  const { code, found } = await runDoctor(t, args);
  const { verdict, found: what, remedy } = found.get('cleanup-policies') ?? assert.fail();
  assert.equal(verdict, 'FAIL');
  assert.match(what, new RegExp(`${prefix}\\.report has cleanup.policy=delete`));
  assert.match(what, new RegExp(`${prefix}\\.control has message.timestamp.type=CreateTime`));
  assert.match(remedy, /kafka-configs --alter .*cleanup.policy=compact/);
  assert.equal(found.get('clock')?.verdict, 'UNKNOWN');
  assert.equal(code, 1);
});

test('events and report with different numbers of partitions are named', async (t) => {
  const { args, prefix } = await scene(t);
  const admin = kafkaClient(broker.brokers).admin();
  await admin.createPartitions({ topicPartitions: [{ topic: `${prefix}.events`, count: 7 }] });
  await admin.disconnect();
  const { found } = await runDoctor(t, args);
  assert.equal(found.get('topics')?.verdict, 'FAIL');
  assert.match(found.get('topics')?.found ?? '', /report has 6 partitions, but .*events has 7/);
});

test('a schema registry that answers is fine, one that is away fails', async (t) => {
  const only = ['--skip', remote.replace('registry,', '')];
  const url = await startSchemaRegistry(t);
  const there = await runDoctor(t, only, { PORT_TICKER_SCHEMA_REGISTRY_URL: url });
  assert.equal(there.found.get('registry')?.verdict, 'OK');
  const away = { PORT_TICKER_SCHEMA_REGISTRY_URL: `http://127.0.0.1:${await freePort()}` };
  const { code, found } = await runDoctor(t, only, away);
  assert.equal(found.get('registry')?.verdict, 'FAIL');
  assert.match(found.get('registry')?.remedy ?? '', /PORT_TICKER_SCHEMA_REGISTRY_URL/);
  assert.equal(code, 1);
});

for (const [offset, verdict, words] of [
  [-10_000, 'WARN', /([5-9]|10)\.\d s behind the broker's/],
  [60_000, 'FAIL', /(5\d|60)\.\d s ahead of the broker's/],
] as const) {
  test(`a clock that is ${Math.abs(offset) / 1000} s ${offset < 0 ? 'behind' : 'ahead'} is a ${verdict}`, async (t) => {
    const { args } = await scene(t);
    const shift = `const now = Date.now; Date.now = () => now.call(Date) + ${offset};`;
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shift)}` };
    const { found } = await runDoctor(t, args, env);
    assert.deepEqual(
      [found.get('clock')?.verdict, found.get('clock')?.remedy.includes('NTP')],
      [verdict, true],
    );
    assert.match(found.get('clock')?.found ?? '', words);
  });
}

test('asking for the time leaves no record that anybody reads', async (t) => {
  const { args, prefix } = await scene(t);
  assert.equal((await runDoctor(t, args)).found.get('clock')?.verdict, 'OK');
  let count = 0;
  await readToEnd(kafkaClient(broker.brokers), `${prefix}.control`, async (_, records) => {
    count += records.length;
  });
  assert.equal(count, 0);
});

test('a consumer goes on behind the record that asked for the time', async (t) => {
  const { args, prefix } = await scene(t);
  const consumer = new Service(t, 'consumer', { KAFKA_BROKERS: broker.brokers, TOPIC_PREFIX: prefix });
  await consumer.ready();
  assert.equal((await runDoctor(t, args)).found.get('clock')?.verdict, 'OK');
  const command = ['-t', '7', '--sensor', 'edge2', ...args.slice(0, 4), '--timeout', '20'];
  const program = startProgram(t, 'src/ctl/main.js', command);
  await program.exit();
  assert.match(program.stdout, /^edge2: waiting, /); // printed of accepted commands only
  assert.match(await consumer.get('/metrics'), /dead_letters_total\{outcome="kept"\} 0/);
});

test('a sensor that is silent fails, one that is degraded or was never heard of is a warning', async (t) => {
  const { args, says } = await scene(t);
  const about = async (sensor: string) =>
    (await runDoctor(t, [...args, '--sensor', sensor, '--skip', 'clock'])).found.get('sensor');
  await says({ sensor: 'edge2' }, 300_000);
  await says({ sensor: 'edge3', state: 'DEGRADED', lastError: 'eth9 is gone', devices: [] });
  assert.deepEqual(await about('edge2'), {
    ...{ group: 'sensor', verdict: 'FAIL', found: 'edge2: last heard of 5 min ago' },
    remedy: 'look at port-ticker-producer there, its log, and its way to Kafka',
  });
  assert.match((await about('edge3'))?.found ?? '', /^edge3 is degraded: eth9 is gone$/);
  const unknown = await about('edge11');
  assert.equal(unknown?.verdict, 'WARN');
  assert.match(unknown?.found ?? '', /never heard of it, did you mean edge1\?/);
  assert.match((await about('*'))?.found ?? '', /^edge2: last heard/);
});

test('a ring that fills and events that are lost are warnings', async (t) => {
  const { args, says } = await scene(t);
  await says({ sensor: 'edge1', ringUsed: 900, ringSize: 1000, drops: 3 });
  const ring = (await runDoctor(t, args)).found.get('ring');
  assert.equal(ring?.verdict, 'WARN');
  assert.equal(ring?.found, 'edge1: 90 % of the ring is undelivered; edge1 has lost 3 events in this epoch');
});

test('two sensors that take turns under one id fail; a restart does not', async (t) => {
  const { args, says } = await scene(t);
  const verdict = async () => (await runDoctor(t, args)).found.get('sensor-id');
  await says({ sensor: 'edge1', epoch: 'b' });
  await says({ sensor: 'edge1', epoch: 'b' });
  assert.equal((await verdict())?.verdict, 'OK');
  await says({ sensor: 'edge1', epoch: 'c' });
  await says({ sensor: 'edge1', epoch: 'b' });
  const shared = await verdict();
  assert.equal(shared?.verdict, 'FAIL');
  assert.match(shared?.found ?? '', /^two sensors call themselves edge1$/);
  assert.match(shared?.remedy ?? '', /PORT_TICKER_SENSOR_ID/);
});

test('a check that --skip does not know is wrong usage, with the nearest', async (t) => {
  const program = startProgram(t, 'src/ctl/main.js', ['doctor', '--skip', 'kafka,toppics']);
  assert.equal(await program.exit(), 2);
  assert.equal(program.stderr, '--skip: no check toppics – did you mean topics?\n');
});

test('docs/control.md lists every check', () => {
  assertDocumented(new URL('../../docs/control.md', import.meta.url), 'checks', [
    ['check', 'of', 'is OK when'],
    ...checks.map(({ id, group, doc }) => [`\`${id}\``, group, doc]),
  ]);
});
