import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, type TestContext, test } from 'node:test';
import { prepareTopics, type TopicName, topics } from '../../src/common/kafka/topics.ts';
import { type Client, type Right, rights } from '../helpers/acls.ts';
import { assertDocumented } from '../helpers/generated-table.ts';
import { postCommand, tokenFile } from '../helpers/http-token.ts';
import { privilegedTest, unprivileged } from '../helpers/privileged.ts';
import { type Program, startProgram } from '../helpers/program.ts';
import { reportRow, ScanStack, scanner4, scanner6, target4, target6 } from '../helpers/scan-stack.ts';
import { decisions, type SecuredKafka, startSecuredKafka } from '../helpers/secured-kafka.ts';
import type { Service } from '../helpers/service.ts';
import { kafkaClient, kafkaSettings, recordWriter } from '../helpers/topics.ts';

let kafka: SecuredKafka;
before(async () => {
  if (unprivileged === false) kafka = await startSecuredKafka();
});
after(() => kafka?.close());

const mechanisms = { producer: 'SCRAM-SHA-512', consumer: 'SCRAM-SHA-256', ticker_ctl: 'PLAIN' } as const;
const clients = Object.keys(mechanisms) as Client[];

test('docs/operations.md lists the rights of each program', () => {
  const rows = rights.map(({ client, resource, name, operations, reason }) => [
    client,
    resource,
    `PREFIX.${name}`,
    operations.join(', '),
    reason,
  ]);
  assertDocumented(new URL('../../docs/operations.md', import.meta.url), 'rights', [
    ['program', 'resource', 'name', 'operations', 'in order to'],
    ...rows,
  ]);
});

privilegedTest('the programs do all they do under exactly the documented rights, and use each', async (t) => {
  const { stack, prefix, start, ctl } = await scene(t);
  const { producer, consumer } = await start();
  assert.match(await ctl('--sensor', 'edge1', '-t', '30'), /edge1: applied/);
  await stack.nmap(target4, '-sS', '-p1-100');
  await isReported(consumer, scanner4, 99);
  await consumer.until('it is alerted', async () => {
    return /alerts_total\{.*\} [1-9]/.test(await consumer.get('/metrics'));
  });
  assert.match(await ctl('--sensor', 'edge1', '-l'), new RegExp(`${scanner4} +\\| +99`));
  const write = await recordWriter(t, kafka.admin.brokers, prefix);
  await write.producer.send({ topic: `${prefix}.events`, messages: [{ value: 'no event' }] });
  await consumer.until('a foreign record is set aside', async () => {
    return /dead_letters_total\{outcome="kept"\} 1/.test(await consumer.get('/metrics'));
  });
  await Promise.all([producer.stop(), consumer.stop()]);
  assert.match(await ctl('forget', 'edge1'), /forgotten/);

  const again = await start({ HTTP_TOKEN_FILE: tokenFile(t) }); // what has been written is read
  assert.match(await ctl('--sensor', 'edge1', '-t', '40'), /edge1: applied/);
  const ofPage = { sensor: 'edge1', command: 'set-threshold', threshold: 50 };
  assert.match(await (await postCommand(again.consumer.url, ofPage)).text(), /"edge1","status":"APPLIED"/);
  await again.consumer.until('it knows the alerts', () => {
    return clients.flatMap((client) => unused(client, prefix)).length === 0;
  });
  for (const client of clients) {
    const { denied } = decisions(kafka, client, prefix);
    const needed = [...denied].filter((each) => !each.startsWith('DESCRIBE_CONFIGS Topic'));
    assert.deepEqual(needed, [], `denied to the ${client}`);
  }
});

privilegedTest('whoever may create topics needs no administrator for them', async (t) => {
  const stack = await ScanStack.create(t, kafka.admin.brokers);
  const prefix = stack.settings['TOPIC_PREFIX'] ?? '';
  const operations = ['Create', 'DescribeConfigs'] as const;
  const creates: Right[] = Object.keys(topics).map((name) => {
    return { client: 'consumer', resource: 'topic', name, operations, reason: 'create it, and check it' };
  });
  await kafka.grant(prefix, [...rights, ...creates]);
  const consumer = stack.consumer(kafka.login('consumer'));
  await consumer.ready();
  assert.deepEqual(decisions(kafka, 'consumer', prefix).denied, new Set());
});

privilegedTest('a right that is taken away is named, asked for again, and missed no longer', async (t) => {
  const { stack, prefix, start, ctl, refused } = await scene(t);
  const { producer, consumer } = await start();

  await refused(
    producer,
    rightsOn('producer', 'events'),
    `refuses access to the topic ${prefix}.events`,
    async () => {
      await stack.nmap(target4, '-sS', '-p1-100');
    },
  );
  await isReported(consumer, scanner4, 99);

  await refused(
    consumer,
    rightsOn('consumer', 'report'),
    `refuses access to the topic ${prefix}.report`,
    async () => {
      await stack.nmap(target6, '-sS', '-p1-100');
    },
  );
  await isReported(consumer, scanner6, 99);

  await refused(consumer, rightsOn('consumer', 'consumer'), `refuses access to the group ${prefix}.consumer`);
  await consumer.ready();

  let command: Promise<string> | undefined;
  await refused(
    consumer,
    rightsOn('consumer', 'fold'),
    `names no coordinator of .* the transactional id ${prefix}.fold`,
    async () => {
      command = ctl('--sensor', 'edge1', '-t', '50', '--timeout', '60');
    },
  );
  assert.match((await command) ?? '', /edge1: applied/);
});

privilegedTest('ticker_ctl names the topic that it may not write, and what helps', async (t) => {
  const { prefix, startCtl } = await scene(t);
  await kafka.revoke(prefix, rightsOn('ticker_ctl', 'control'));
  const program = startCtl('--sensor', 'edge1', '-t', '50');
  assert.equal(await program.exit(), 3);
  assert.match(program.stderr, new RegExp(`refuses access to the topic ${prefix}.control: .*operations.md`));
});

privilegedTest(
  'doctor takes what it may not ask for unknown, and can make these checks with two rights more',
  async (t) => {
    const { prefix, startCtl } = await scene(t);
    const look = async () => {
      const program = startCtl('doctor', '--json', '--timeout', '30');
      await program.exit();
      const { checks }: { checks: { id: string; verdict: string }[] } = JSON.parse(program.stdout);
      return (id: string) => checks.find((check) => check.id === id)?.verdict;
    };
    const without = await look();
    assert.deepEqual(
      ['kafka', 'topics', 'cleanup-policies', 'clock'].map((id) => without(id)),
      ['OK', 'WARN', 'UNKNOWN', 'UNKNOWN'],
    );
    const reason = 'let doctor look';
    await kafka.grant(prefix, [
      ...Object.keys(topics).map((name): Right => {
        return { client: 'ticker_ctl', resource: 'topic', name, operations: ['DescribeConfigs'], reason };
      }),
      { client: 'ticker_ctl', resource: 'transactional id', name: 'doctor', operations: ['Write'], reason },
    ]);
    const granted = await look();
    assert.deepEqual(
      ['kafka', 'topics', 'cleanup-policies', 'clock'].map((id) => granted(id)),
      ['OK', 'WARN', 'OK', 'OK'],
    );
  },
);

/** The topics of a prefix of its own, on which the programs have their rights, and the programs, logged in. */
async function scene(t: TestContext) {
  const stack = await ScanStack.create(t, kafka.admin.brokers);
  const prefix = stack.settings['TOPIC_PREFIX'] ?? '';
  const settings = kafkaSettings(kafka.admin.brokers, prefix);
  await prepareTopics(kafkaClient(kafka.admin.brokers), settings, Object.keys(topics) as TopicName[]);
  await kafka.grant(prefix);
  const login = (client: Client) => ({ ...kafka.login(client, mechanisms[client]), LOG_LEVEL: 'trace' });
  const programs: Program[] = [];
  t.after(() => programs.forEach(assertDiscreet));

  const startCtl = (...args: string[]) => {
    const all = { ...login('ticker_ctl'), TOPIC_PREFIX: prefix };
    const env = Object.fromEntries(
      Object.entries(all).map(([name, value]) => [`PORT_TICKER_${name}`, value]),
    );
    const program = startProgram(t, 'src/ctl/main.js', args, env);
    programs.push(program);
    return program;
  };
  return {
    stack,
    prefix,
    startCtl,
    /** Runs ticker_ctl, which must succeed, and returns what it printed. */
    async ctl(...args: string[]): Promise<string> {
      const program = startCtl(...args);
      const code = await program.exit();
      assert.equal(code, 0, program.stdout + program.stderr);
      return program.stdout;
    },
    async start(more: Record<string, string> = {}) {
      const consumer = stack.consumer({ ...login('consumer'), ...more });
      const producer = stack.producer(login('producer'));
      programs.push(consumer.program, producer.program);
      await Promise.all([consumer.ready(), producer.ready()]);
      for (const { program } of [consumer, producer]) {
        for (const file of ['cmdline', 'environ'])
          noPassword(readFileSync(`/proc/${program.pid}/${file}`, 'utf8'));
      }
      noPassword((await consumer.get('/metrics')) + (await consumer.get('/api/sensors')));
      return { consumer, producer };
    },
    /** Takes rights away while `meanwhile` is done, waits for the complaint, and gives them back. */
    async refused(service: Service, some: readonly Right[], what: string, meanwhile = async () => {}) {
      await kafka.revoke(prefix, some);
      await meanwhile();
      await service.program.says(new RegExp(`${what}: .*docs/operations.md.*; trying again in`), 30_000);
      await kafka.grant(prefix, some);
    },
  };
}

function rightsOn(client: Client, name: string): Right[] {
  return rights.filter((right) => right.client === client && right.name === name);
}

async function isReported(consumer: Service, source: string, count: number): Promise<void> {
  const isThere = async () => ((await reportRow(consumer, source))?.changeCount ?? 0) >= count;
  await consumer.until(`${source} is reported`, isThere, 30_000);
}

/** Rights of a program that the broker has not been asked for. */
function unused(client: Client, prefix: string): string[] {
  const { allowed } = decisions(kafka, client, prefix);
  const kinds = { topic: 'Topic', group: 'Group', 'transactional id': 'TransactionalId' };
  return rights
    .filter((right) => right.client === client)
    .flatMap(({ resource, name, operations }) =>
      operations.map((operation) => `${operation.toUpperCase()} ${kinds[resource]} ${name}`),
    )
    .filter((right) => !allowed.has(right));
}

function assertDiscreet({ stdout, stderr }: Program): void {
  assert.notEqual(stdout + stderr, '');
  noPassword(stdout + stderr);
}

function noPassword(text: string): void {
  for (const password of kafka.passwords) assert.ok(!text.includes(password), 'a password is shown');
}
