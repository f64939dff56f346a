import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import zlib from 'node:zlib';
import type { Message } from 'kafkajs';
import { AvroCodec } from '../../src/common/avro.ts';
import type { PortScanEvent, ReportEntry } from '../../src/common/event.ts';
import { brokerOfFile } from '../helpers/broker-of-file.ts';
import { commandCodec, controlCommand } from '../helpers/commands.ts';
import { ControlTopicsOfTest } from '../helpers/control-topics.ts';
import { eventually } from '../helpers/eventually.ts';
import { kcat } from '../helpers/kcat.ts';
import { type Letter, letters } from '../helpers/letters.ts';
import { sendPacked } from '../helpers/packed.ts';
import { portScanEvent, reportEntry } from '../helpers/records.ts';
import { startRegistry } from '../helpers/registry.ts';
import { Service } from '../helpers/service.ts';
import { configure, recordWriter } from '../helpers/topics.ts';

const events = new AvroCodec<PortScanEvent>('port-scan-event');

const broker = brokerOfFile();

async function scene(t: TestContext, settings: Record<string, string> = {}) {
  const topics = await ControlTopicsOfTest.create(t, broker.brokers);
  const { prefix } = topics;
  const write = await recordWriter(t, broker.brokers, prefix);
  const start = async () => {
    const consumer = new Service(t, 'consumer', {
      ...{ KAFKA_BROKERS: broker.brokers, TOPIC_PREFIX: prefix },
      ...settings,
    });
    await consumer.ready();
    return consumer;
  };
  return {
    ...{ topics, prefix, write, start },
    send: (topic: string, ...messages: Message[]) =>
      write.producer.send({ topic: `${prefix}.${topic}`, acks: -1, messages }),
    async setAside(count: number): Promise<Letter[]> {
      let found: Letter[] = [];
      await eventually(
        `${count} records are set aside`,
        async () => {
          found = await letters(broker.brokers, prefix);
          return found.length >= count;
        },
        20_000,
      );
      return found;
    },
  };
}

async function shows(consumer: Service, source: string): Promise<void> {
  await consumer.until(`${source} is in the report`, async () =>
    (await consumer.get('/api/report.txt')).includes(source),
  );
}

const poison: [string, Buffer | null, RegExp][] = [
  ['no Avro', Buffer.from('no avro'), /neither Avro single-object nor Confluent framing/],
  ['cut off', events.encode(portScanEvent()).subarray(0, -9), /its bytes do not fit its schema/],
  ['of an unknown schema', Buffer.from('c3010102030405060708ff', 'hex'), /unknown schema 0807060504030201/],
  ['of a registry', Buffer.from([0, 0, 0, 0, 77, 1]), /schema id 77 of a registry/],
  ['nonsense', events.encode(portScanEvent({ source: 'nobody' })), /its source is no address/],
  ['deep JSON', Buffer.from(`${'['.repeat(50_000)}${']'.repeat(50_000)}`), /neither Avro/],
  ['empty', null, /it is empty/],
];

test('each kind of poison among the events is set aside as it was, with the reason and its place, once', async (t) => {
  const { write, send, start, setAside } = await scene(t);
  const consumers = [await start(), await start()];
  const headers = { trace: 'abc', list: ['1', '2'] };
  for (const [key, value] of poison) await send('events', { key, value, headers, partition: 4 });
  await write.events(portScanEvent({ source: '192.0.2.77' }));
  for (const consumer of consumers) await shows(consumer, '192.0.2.77');

  const found = await setAside(poison.length);
  assert.equal(found.length, poison.length);
  for (const [index, [key, value, reason]] of poison.entries()) {
    const letter = found[index];
    assert.match(letter?.reason ?? '', reason);
    assert.deepEqual(
      [letter?.key, letter?.value, letter?.from, letter?.headers],
      [key, value, `events/4/${index}`, { trace: 'abc', list: '1,2' }],
    );
  }
  const metrics = await Promise.all(consumers.map((consumer) => consumer.get('/metrics')));
  const kept = metrics.map((text) => Number(/dead_letters_total\{outcome="kept"\} (\d+)/.exec(text)?.[1]));
  assert.deepEqual(kept.toSorted(), [0, poison.length]);
});

test('a schema id that the registry does not know is poison; one that it knows is not', async (t) => {
  const registry = await startRegistry(t);
  const { write, send, start, setAside } = await scene(t, { SCHEMA_REGISTRY_URL: registry.url });
  const consumer = await start();
  await send('events', { key: 'k', value: Buffer.from([0, 0, 0, 7, 77, 1]) });
  await write.events(portScanEvent({ source: '192.0.2.77' }));
  await shows(consumer, '192.0.2.77');
  const [letter] = await setAside(1);
  assert.match(letter?.reason ?? '', /answered GET \/schemas\/ids\/1869 with 404/);
});

test('a batch that cannot be unpacked is set aside whole: a bomb, and a record with headers without end', async (t) => {
  const { prefix, write, send, start, setAside } = await scene(t);
  const consumer = await start();
  await sendPacked(broker.brokers, `${prefix}.events`, Buffer.alloc(70 * 1024 * 1024));
  const headers = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`h${index}`, '']));
  await send('events', { key: 'many headers', value: 'x', headers, partition: 1 });
  await write.events(portScanEvent({ source: '192.0.2.77' }));
  await shows(consumer, '192.0.2.77');

  const found = (await setAside(2)).toSorted((a, b) => (a.value?.length ?? 0) - (b.value?.length ?? 0));
  assert.deepEqual(
    found.map(({ key, batch }) => [key, batch]),
    Array(2).fill([undefined, '1 records from offset 0']),
  );
  const [many, bomb] = found;
  assert.match(many?.reason ?? '', /cannot be unpacked: a record has more than 32 headers/);
  assert.ok(many?.value?.includes('h4999'));
  assert.match(bomb?.reason ?? '', /cannot be unpacked: /);
  assert.ok(zlib.gunzipSync(bomb?.value?.subarray(61) ?? '').length > 70 * 1024 * 1024);
});

test('a header without a value, which kafkajs does not write, is empty among the dead letters', async (t) => {
  const { prefix, start, setAside } = await scene(t);
  await start();
  await kcat(broker.brokers, `${prefix}.events`, 'poison\n', ['-H', 'nothing', '-H', 'some=thing']);
  assert.deepEqual((await setAside(1))[0]?.headers, { nothing: '', some: 'thing' });
});

test('what is no command is set aside, and what is no command of ours too; a refused one is not', async (t) => {
  const { topics, start, setAside } = await scene(t);
  await start();
  await topics.write('wrong framing', { key: 'edge1', headers: { who: 'me' } });
  const cut = commandCodec.encode(controlCommand()).subarray(0, 50);
  await topics.write(cut);
  await topics.send(controlCommand({ threshold: -5 }), controlCommand({ threshold: 5 }));
  assert.deepEqual(
    (await topics.answered(3)).map(({ status }) => status),
    ['REJECTED', 'REJECTED', 'ACCEPTED'],
  );
  assert.deepEqual(
    (await setAside(2)).map(({ key, value, from, headers }) => [key, value, from, headers]),
    [
      ['edge1', Buffer.from('wrong framing'), 'control/0/0', { who: 'me' }],
      [undefined, cut, 'control/0/1', {}],
    ],
  );
});

test('foreign records of the report and the sensors are set aside by who owns these partitions when they come', async (t) => {
  const { prefix, send, start } = await scene(t);
  await Promise.all([start(), start()]);
  await eventually('there are some of both', async () => {
    for (const topic of ['report', 'sensors'])
      await send(topic, { key: 'k', value: 'foreign', partition: 0 });
    const found = await letters(broker.brokers, prefix);
    const from = found.map((letter) => letter.from);
    assert.equal(new Set(from).size, from.length, 'none twice');
    return ['report', 'sensors'].every((topic) => from.some((place) => place.startsWith(`${topic}/0/`)));
  });
});

test('records of the report whose key or time no row has are set aside as they were, and hold up nobody', async (t) => {
  const { prefix, write, send, start } = await scene(t);
  const consumer = await start();
  const anyTime = { 'cleanup.policy': 'compact', 'message.timestamp.after.max.ms': `${2n ** 63n - 1n}` };
  await configure(broker.brokers, `${prefix}.report`, anyTime);
  const row = new AvroCodec<ReportEntry>('report-entry').encode(reportEntry());
  const endless = 'k'.repeat(70_000);
  const foreign: [Message, RegExp][] = [
    [{ key: endless, value: row }, /its key is longer than that of any row/],
    [{ key: endless, value: null }, /its key is longer than that of any row/],
    [{ key: 'edge1/192.0.2.1', value: row, timestamp: `${2n ** 62n}` }, /its time is none/],
  ];
  for (const [message, expected] of foreign) {
    const value = Buffer.from(message.value ?? '');
    await consumer.until(
      `${expected} is set aside`,
      async () => {
        await send('report', { ...message, partition: 0 });
        const found = await letters(broker.brokers, prefix);
        return found.some(
          (letter) =>
            expected.test(letter.reason) &&
            letter.key === message.key &&
            value.equals(letter.value ?? Buffer.of()),
        );
      },
      30_000,
    );
  }
  await write.events(portScanEvent({ source: '192.0.2.77' }));
  await shows(consumer, '192.0.2.77');
});

test('a topic of dead letters that takes none holds up nobody: the loss is counted and told once', async (t) => {
  const { prefix, write, send, start } = await scene(t);
  const consumer = await start();
  await configure(broker.brokers, `${prefix}.dead-letter`, { 'max.message.bytes': '10' });
  for (let round = 0; round < 5; round += 1) await send('events', { key: 'k', value: 'poison' });
  await write.events(portScanEvent({ source: '192.0.2.77' }));
  await shows(consumer, '192.0.2.77');
  await consumer.until('all five are counted', async () =>
    /dead_letters_total\{outcome="lost"\} 5/.test(await consumer.get('/metrics')),
  );
  const told = consumer.program.stdout.match(/are not set aside: .*too large.*raise max\.message\.bytes/g);
  assert.equal(told?.length, 1);
  assert.deepEqual(await letters(broker.brokers, prefix), []);
});
