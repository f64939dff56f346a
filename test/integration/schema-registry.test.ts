import assert from 'node:assert/strict';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { AvroCodec } from '../../src/common/avro.ts';
import type { PortScanEvent } from '../../src/common/event.ts';
import { readToEnd } from '../../src/common/kafka/reader.ts';
import { SchemaRegistry } from '../../src/common/registry.ts';
import { lastFirst } from '../helpers/cleanup.ts';
import { Door } from '../helpers/door.ts';
import { eventually } from '../helpers/eventually.ts';
import { sharedKafka } from '../helpers/kafka.ts';
import { blocksOf } from '../helpers/page.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { countUpdate, portScanEvent } from '../helpers/records.ts';
import { reportScene } from '../helpers/report-scene.ts';
import { reportRow, ScanStack, scanner4, scanner6, target4, target6 } from '../helpers/scan-stack.ts';
import { startSchemaRegistry } from '../helpers/schema-registry.ts';
import { Service } from '../helpers/service.ts';
import { clickhouse, readerDirectory, untilPython, withoutClickhouse } from '../helpers/siem-reader.ts';
import { kafkaClient } from '../helpers/topics.ts';

const schemas = join(import.meta.dirname, '../../schemas');

const cleanup = lastFirst({ after });
let broker: Awaited<ReturnType<typeof sharedKafka>>;
let registry: string;
before(async () => {
  broker = await sharedKafka();
  registry = await startSchemaRegistry(cleanup);
});
after(() => broker.close());

privilegedTest(
  'a sensor waits for the registry and names it; its events go on when the registry is away again',
  async (t) => {
    const door = await Door.to(t, registry);
    const stack = await ScanStack.create(t, broker.brokers);
    const settings = { SCHEMA_REGISTRY_URL: door.url };
    const producer = stack.producer(settings);
    await producer.program.says(/cannot reach the schema registry at http:\S+: .+trying again/);
    await producer.program.says(/attached/);
    await stack.nmap(target4, '-sS', '-p1-100');

    await door.open();
    await producer.ready();
    const { TOPIC_PREFIX: prefix = '' } = stack.settings;
    const { id, compatibilityLevel } = await subjectOf(`${prefix}.events`);
    assert.equal(compatibilityLevel, 'BACKWARD');
    await eventually('the scan is there', async () => (await idsOf(prefix)).length > 0, 20_000);

    door.shut();
    await stack.nmap(target6, '-sS', '-p1-100');
    const before = (await idsOf(prefix)).length;
    await eventually('the other scan is there', async () => (await idsOf(prefix)).length > before);
    assert.deepEqual(new Set(await idsOf(prefix)), new Set([id]));

    await door.open();
    const consumer = stack.consumer(settings);
    await consumer.ready();
    for (const source of [scanner4, scanner6]) {
      await consumer.until(
        'both are in the report',
        async () => ((await reportRow(consumer, source))?.changeCount ?? 0) >= 99,
      );
    }
    assert.equal(await producer.stop(), 0);
  },
);

test('a consumer reads what it has the schema of while the registry is away, the rest when it is back', async (t) => {
  const door = await Door.to(t, registry);
  await door.open();
  const { prefix, write, consumer } = await reportScene(t, broker.brokers, ['events', 'report']);
  const service = await consumer({ SCHEMA_REGISTRY_URL: door.url });
  const codec = new AvroCodec<PortScanEvent>('port-scan-event', new SchemaRegistry(registry));
  const send = async (event: PortScanEvent, id?: number) => {
    const value = codec.encode(event);
    if (id !== undefined) value.writeUInt32BE(id, 1);
    await write.producer.send({ topic: `${prefix}.events`, messages: [{ key: event.source, value }] });
  };
  const isCounted = (source: string, count: number) =>
    service.until(
      `${source} has ${count} changes`,
      async () => (await reportRow(service, source))?.changeCount === count,
      30_000,
    );
  await codec.register(`${prefix}.events`);
  await send(portScanEvent());
  await isCounted('192.0.2.1', 21);

  door.shut();
  await send(countUpdate({ changeCount: 40 }));
  await isCounted('192.0.2.1', 40);
  // The same schema under another subject and text has an id that the consumer has not met.
  const text = JSON.stringify({ ...JSON.parse(schemaText('port-scan-event')), doc: 'of another writer' });
  const id = await new SchemaRegistry(registry).register(`${prefix}.other-value`, text);
  await send(portScanEvent({ source: '192.0.2.2' }), id);
  await service.program.says(/cannot reach the schema registry at/);
  assert.equal(await reportRow(service, '192.0.2.2'), undefined);

  await door.open();
  await isCounted('192.0.2.2', 21);
});

test('a schema that cannot read what is in the topic is refused, and ends a program with 79', async (t) => {
  const { prefix } = await reportScene(t, broker.brokers, ['events', 'report']);
  const own = new SchemaRegistry(registry);
  const codec = new AvroCodec<PortScanEvent>('port-scan-event', own);
  await codec.register(`${prefix}.events`);
  const newer = JSON.parse(schemaText('port-scan-event'));
  newer.fields.push({ name: 'added', type: 'string' });
  await assert.rejects(own.register(`${prefix}.events-value`, JSON.stringify(newer)), {
    code: 'SCHEMA_REFUSED',
    retriable: false,
  });
  newer.fields.at(-1).default = '';
  await own.register(`${prefix}.events-value`, JSON.stringify(newer));

  const foreign = { type: 'record', name: 'ReportEntry', namespace: 'port_ticker', fields: [] };
  await own.register(`${prefix}.report-value`, JSON.stringify(foreign));
  const settings = { KAFKA_BROKERS: broker.brokers, TOPIC_PREFIX: prefix, SCHEMA_REGISTRY_URL: registry };
  const { program } = new Service(t, 'consumer', settings);
  assert.equal(await program.exit(), 79);
  assert.match(
    program.stderr,
    /^the schema registry answered POST .*-value\/versions with 409, .* – use a topic prefix/m,
  );
});

test('Python reads events by the ids of their schemas, as its page says', async (t) => {
  const { inPlace, directory } = await encodedEvents(t);
  symlinkSync(schemas, join(directory.path, 'schemas'));
  const [script = ''] = blocksOf('siem/events.md', 'python', inPlace);
  let printed: string[] = [];
  await untilPython(t, script, directory, (stdout) => {
    printed = stdout.split('\n').filter(Boolean);
    return printed.length === 2;
  });
  const read = printed.map((line): PortScanEvent => JSON.parse(line));
  assert.deepEqual(read.map(({ source, vlan, changeCount }) => [source, vlan, changeCount]).toSorted(), [
    ['192.0.2.1', 100, 21],
    ['192.0.2.2', null, 40],
  ]);
});

test('so does ClickHouse', { skip: withoutClickhouse }, async (t) => {
  const { inPlace, directory } = await encodedEvents(t);
  const rows = await clickhouse(
    blocksOf('siem/clickhouse.md', 'sql', inPlace)[1] ?? '',
    `INSERT INTO port_ticker_events_queue SELECT * FROM file('events.avro', 'AvroConfluent')
     SETTINGS format_avro_schema_registry_url = '${registry}'`,
    'SELECT source, vlan, toInt32(changeCount) AS changes, kinds, verdict FROM port_ticker_events ORDER BY source',
    directory,
  );
  assert.deepEqual(rows, [
    { source: '192.0.2.1', vlan: 100, changes: 21, kinds: ['SYN'], verdict: true },
    { source: '192.0.2.2', vlan: null, changes: 40, kinds: ['SYN'], verdict: true },
  ]);
});

for (const name of ['port-scan-event', 'report-entry']) {
  test(`the registry takes the versions of ${name} one after the other`, async () => {
    const own = new SchemaRegistry(registry);
    const older = ['1', '2'].flatMap((version) => schemaText(`history/${name}.${version}`) || []);
    for (const text of [...older, schemaText(name)]) await own.register(`versions-of-${name}-value`, text);
    assert.ok(older.length > 0);
  });
}

/** Ids of the schemas of all events, from their framing. */
async function idsOf(prefix: string): Promise<number[]> {
  const ids: number[] = [];
  await readToEnd(kafkaClient(broker.brokers), `${prefix}.events`, (_, records) => {
    for (const { value } of records) {
      assert.equal(value?.[0], 0, 'it is not in Confluent framing');
      ids.push(value.readUInt32BE(1));
    }
  });
  return ids;
}

async function subjectOf(topic: string): Promise<{ id: number; compatibilityLevel: string }> {
  const ask = async (path: string) => JSON.parse(await (await fetch(registry + path)).text());
  const { id } = await ask(`/subjects/${topic}-value/versions/latest`);
  const { compatibilityLevel } = await ask(`/config/${topic}-value`);
  return { id, compatibilityLevel };
}

/** Empty for a version that never was. */
function schemaText(name: string): string {
  try {
    return readFileSync(join(schemas, `${name}.avsc`), 'utf8');
  } catch {
    return '';
  }
}

/** Two events with the ids of the registry: in Kafka, and in events.avro. */
async function encodedEvents(t: TestContext) {
  const { prefix, write } = await reportScene(t, broker.brokers, ['events']);
  const codec = new AvroCodec<PortScanEvent>('port-scan-event', new SchemaRegistry(registry));
  await codec.register(`${prefix}.events`);
  const events = [portScanEvent({ vlan: 100 }), countUpdate({ source: '192.0.2.2', changeCount: 40 })];
  const values = events.map((event) => codec.encode(event));
  await write.producer.send({ topic: `${prefix}.events`, messages: values.map((value) => ({ value })) });
  const directory = readerDirectory(t);
  writeFileSync(join(directory.path, 'events.avro'), Buffer.concat(values));
  const inPlace = {
    '127.0.0.1:9092': broker.brokers,
    'port-ticker.events': `${prefix}.events`,
    'http://127.0.0.1:8081': registry,
  };
  return { inPlace, directory };
}
