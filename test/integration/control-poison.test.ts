import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { batches } from '../helpers/batches.ts';
import { brokerOfFile } from '../helpers/broker-of-file.ts';
import { commandCodec, controlCommand } from '../helpers/commands.ts';
import { ControlTopicsOfTest } from '../helpers/control-topics.ts';
import { isFull } from '../helpers/full.ts';
import { fuzzedRecords } from '../helpers/fuzz.ts';
import { kcat } from '../helpers/kcat.ts';
import { sendPacked } from '../helpers/packed.ts';
import type { Service } from '../helpers/service.ts';

const fuzzed = isFull ? 100_000 : 5_000;

const broker = brokerOfFile();

async function scene(t: TestContext) {
  const topics = await ControlTopicsOfTest.create(t, broker.brokers);
  return { topics, consumer: await topics.consumer(t) };
}

/** Counters of control records, by outcome. */
async function outcomes(consumer: Service): Promise<Record<string, number>> {
  const line = /^port_ticker_commands_total\{result="(\w+)"\} (\d+)$/gm;
  const matches = (await consumer.get('/metrics')).matchAll(line);
  return Object.fromEntries(Array.from(matches, ([, name, count]) => [name, Number(count)]));
}

async function hasCounted(
  consumer: Service,
  total: number,
  deadline = 30_000,
): Promise<Record<string, number>> {
  let counts: Record<string, number> = {};
  await consumer.until(
    `${total} records are counted`,
    async () => {
      counts = await outcomes(consumer);
      return Object.values(counts).reduce((sum, count) => sum + count, 0) >= total;
    },
    deadline,
  );
  return counts;
}

test('commands that kcat writes as JSON, compressed in any way, are read', async (t) => {
  const { topics } = await scene(t);
  const ids: string[] = [];
  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    const commands = Array.from({ length: 20 }, () => controlCommand());
    const lines = commands.map(({ id }) =>
      JSON.stringify({ id, sensor: 'edge1', command: 'ignore-add', prefixes: ['192.0.2.0/24'] }),
    );
    await kcat(topics.brokers, `${topics.prefix}.control`, `${lines.join('\n')}\n`, ['-z', compression]);
    ids.push(...commands.map(({ id }) => id));
  }
  assert.deepEqual(
    (await topics.answered(ids.length)).map(({ commandId, status }) => [commandId, status]),
    ids.map((id) => [id, 'ACCEPTED']),
  );
});

test('each kind of poison is counted, logged once, answered where an id can be read, and passed over', async (t) => {
  const { topics, consumer } = await scene(t);
  const { id } = controlCommand();
  const json = `{"id":"${id}","sensor":"edge1","command":"clear-report"}`;
  const silentOnes = [
    null,
    '',
    'wrong framing',
    Buffer.from([0, 0, 0, 0, 77, 1]),
    Buffer.alloc(1_000_000, 0x7b),
  ];
  for (const value of silentOnes) await topics.write(value);
  await topics.write(`\ufeff${json}`);
  await topics.write(commandCodec.encode(controlCommand({ threshold: -5 })));
  const last = controlCommand({ threshold: 1 });
  await topics.send(last);
  const results = await topics.answered(3);
  assert.deepEqual(
    results.map(({ status, reason }) => [status, reason?.split(' – ')[0]]),
    [
      ['REJECTED', 'the record begins with a byte-order mark'],
      ['REJECTED', 'the threshold -5 is out of range'],
      ['ACCEPTED', 'no sensor edge1 has been seen yet: the command waits for it'],
    ],
  );
  assert.equal(results[0]?.commandId, id);
  assert.deepEqual(await outcomes(consumer), {
    accepted: 1,
    rejected: 2,
    expired: 0,
    duplicate: 0,
    unreadable: silentOnes.length,
  });
  const lines = consumer.program.stdout.split('\n').filter((line) => line.includes('unreadable control'));
  assert.equal(lines.length, 1);
});

test('a batch that cannot be unpacked is passed over: a bomb, and more records than kafkajs can hand over', async (t) => {
  const { topics, consumer } = await scene(t);
  await sendPacked(topics.brokers, `${topics.prefix}.control`, Buffer.alloc(70 * 1024 * 1024));
  const oneBatch = [
    'batch.num.messages=100000',
    'batch.size=8000000',
    'linger.ms=3000',
    'message.max.bytes=8000000',
  ];
  const settings = oneBatch.flatMap((setting) => ['-X', setting]);
  await kcat(topics.brokers, `${topics.prefix}.control`, 'x\n'.repeat(70_000), ['-z', 'gzip', ...settings]);
  await topics.send(controlCommand({ threshold: 1 }));
  const [result] = await topics.answered(1, 60_000);
  assert.equal(result?.status, 'ACCEPTED');
  assert.equal((await outcomes(consumer))['unreadable'], 2);
});

test(`${fuzzed} fuzzed records crash and stall nothing, and each is counted`, async (t) => {
  const { topics, consumer } = await scene(t);
  const seed = Number(process.env['PORT_TICKER_TEST_SEED'] ?? Date.now() % 1_000_000);
  t.diagnostic(`seed ${seed} (PORT_TICKER_TEST_SEED)`);
  const begin = Date.now();
  for (const batch of batches(fuzzedRecords(fuzzed, seed), 500)) await topics.writeAll(batch);
  const last = controlCommand({ threshold: 1 });
  await topics.send(last);
  const counts = await hasCounted(consumer, fuzzed + 1, 30_000 + fuzzed * 5);
  t.diagnostic(`${JSON.stringify(counts)} in ${Date.now() - begin} ms`);
  assert.equal(
    Object.values(counts).reduce((sum, count) => sum + count, 0),
    fuzzed + 1,
  );
  const results = await topics.results();
  assert.deepEqual(
    results.filter(({ commandId }) => commandId === last.id).map(({ status }) => status),
    ['ACCEPTED'],
  );
  const { unreadable = 0 } = counts;
  assert.equal(results.length, fuzzed + 1 - unreadable);
  assert.ok(consumer.program.isRunning);
});
