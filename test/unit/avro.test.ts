import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import avro from 'avsc';
import { AvroCodec } from '../../src/common/avro.ts';
import type { Evidence, PortScanEvent, ReportEntry } from '../../src/common/event.ts';
import { fingerprint } from '../../src/common/fingerprint.ts';
import { SchemaRegistry } from '../../src/common/registry.ts';
import { countUpdate, portScanEvent, reportEntry } from '../helpers/records.ts';
import { startRegistry } from '../helpers/registry.ts';

const root = join(import.meta.dirname, '../..');

interface Frozen {
  name: string;
  schema: string;
  framing: string;
  bytes: string;
  value: object;
}

const frozen = [1, 2].map((version): { version: number; records: Frozen[] } => ({
  version,
  records: JSON.parse(readFileSync(join(root, `test/fixtures/records-v${version}.json`), 'utf8')),
}));

function schemaFields(name: string): string[] {
  const schema: { fields: { name: string }[] } = JSON.parse(schemaText(name));
  return schema.fields.map((field) => field.name);
}

/** The first version of a schema: what the frozen bytes in Confluent's framing were written with. */
function writerSchema(name: string): string {
  const first = join(root, 'schemas/history', `${name}.1.avsc`);
  return existsSync(first) ? readFileSync(first, 'utf8') : schemaText(name);
}

function schemaText(name: string): string {
  return readFileSync(join(root, 'schemas', `${name}.avsc`), 'utf8');
}

test("the fingerprint is the specification's CRC-64-AVRO", () => {
  assert.equal(fingerprint(avro.Type.forSchema('int')), 0x7275d51a3f395c8fn);
  assert.equal(fingerprint(avro.Type.forSchema('string')), 0x8f014872634503c7n);
});

test('documentation and defaults do not change the fingerprint', () => {
  const field = { name: 'a', type: 'int' } as const;
  const bare = avro.Type.forSchema({ type: 'record', name: 'r', fields: [field] });
  const documented = avro.Type.forSchema({
    type: 'record',
    name: 'r',
    doc: 'x',
    fields: [{ ...field, default: 1 }],
  });
  assert.equal(fingerprint(bare), fingerprint(documented));
});

test('the TypeScript types have the fields of the schemas', () => {
  assert.deepEqual(Object.keys(portScanEvent()), schemaFields('port-scan-event'));
  assert.deepEqual(Object.keys(reportEntry()), schemaFields('report-entry'));
});

test('every field of the schemas is documented', () => {
  for (const name of ['port-scan-event', 'report-entry']) {
    const { fields }: { fields: { name: string; doc?: string }[] } = JSON.parse(schemaText(name));
    assert.deepEqual(
      fields.filter(({ doc }) => doc === undefined || doc === ''),
      [],
    );
  }
});

/** What later versions of the schemas have added, as their defaults have it. */
const noEvidence: Evidence = {
  kinds: [],
  tool: null,
  score: 0,
  closedPorts: 0,
  openPorts: 0,
  targets: 0,
  verdict: false,
};
const addedSince: Record<string, object> = { 'port-scan-event': noEvidence, 'report-entry': noEvidence };

for (const { version, records } of frozen) {
  for (const { name, schema, framing, bytes, value } of records) {
    test(`bytes frozen in version ${version} can be read: ${name}, ${framing}`, async (t) => {
      const registry = await startRegistry(t);
      registry.schemas.set(7, writerSchema(schema));
      const codec = new AvroCodec<object>(schema, new SchemaRegistry(registry.url));
      const expected = { ...value, ...addedSince[schema] };
      assert.deepEqual(plain(await codec.decode(Buffer.from(bytes, 'hex'))), expected);
    });
  }
}

/** Without the classes that avsc makes for records. */
function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}

test('a value survives single-object encoding, whose header is C3 01 and the fingerprint', async () => {
  const codec = new AvroCodec<PortScanEvent>('port-scan-event');
  const bytes = codec.encode(countUpdate());
  assert.equal(bytes.readUInt16BE(0), 0xc301);
  assert.equal(
    bytes.readBigUInt64LE(2),
    fingerprint(avro.Type.forSchema(JSON.parse(schemaText('port-scan-event')))),
  );
  assert.deepEqual({ ...(await codec.decode(bytes)) }, countUpdate());
});

test("with a registry a value gets Confluent's framing and its topic's subject", async (t) => {
  const registry = await startRegistry(t);
  const codec = new AvroCodec<ReportEntry>('report-entry', new SchemaRegistry(registry.url));
  await codec.register('port-ticker.report');
  const bytes = codec.encode(reportEntry());
  assert.deepEqual([...bytes.subarray(0, 5)], [0, 0, 0, 0, 100]);
  assert.deepEqual(registry.requests, [
    'GET /config/port-ticker.report-value',
    'PUT /config/port-ticker.report-value',
    'POST /subjects/port-ticker.report-value/versions',
  ]);
  assert.deepEqual({ ...(await codec.decode(bytes)) }, reportEntry());
});

test('a reader with a registry also reads single-object encoding', async (t) => {
  const registry = await startRegistry(t);
  const codec = new AvroCodec<ReportEntry>('report-entry', new SchemaRegistry(registry.url));
  const bytes = new AvroCodec<ReportEntry>('report-entry').encode(reportEntry());
  assert.deepEqual({ ...(await codec.decode(bytes)) }, reportEntry());
  assert.deepEqual(registry.requests, []);
});

test('what an older and a newer schema have written is read; the schema is asked for once', async (t) => {
  const registry = await startRegistry(t);
  const codec = new AvroCodec<ReportEntry>('report-entry', new SchemaRegistry(registry.url));
  const current = JSON.parse(schemaText('report-entry'));
  const older = {
    ...current,
    fields: current.fields.filter((field: { name: string }) => field.name !== 'vlan'),
  };
  const newer = { ...current, fields: [...current.fields, { name: 'added', type: 'string', default: '' }] };
  for (const [id, schema] of [
    [1, older],
    [2, newer],
  ] as const) {
    registry.schemas.set(id, JSON.stringify(schema));
    const datum = avro.Type.forSchema(schema).toBuffer({ ...reportEntry({ vlan: null }), added: 'x' });
    const bytes = Buffer.concat([Buffer.from([0, 0, 0, 0, id]), datum]);
    for (let time = 0; time < 2; time += 1) {
      assert.deepEqual({ ...(await codec.decode(bytes)) }, reportEntry({ vlan: null }));
    }
  }
  assert.deepEqual(registry.requests, ['GET /schemas/ids/1', 'GET /schemas/ids/2']);
});

test('a reason that a newer sensor has invented is UNKNOWN', async (t) => {
  const registry = await startRegistry(t);
  const newer = schemaText('port-scan-event').replace('"SWEEP"]', '"SWEEP", "INVENTED"]');
  registry.schemas.set(3, newer);
  const datum = avro.Type.forSchema(JSON.parse(newer)).toBuffer({ ...portScanEvent(), reason: 'INVENTED' });
  const codec = new AvroCodec<PortScanEvent>('port-scan-event', new SchemaRegistry(registry.url));
  const event = await codec.decode(Buffer.concat([Buffer.from([0, 0, 0, 0, 3]), datum]));
  assert.equal(event.reason, 'UNKNOWN');
});

test('bytes that are no record are refused, whatever they are', async () => {
  const codec = new AvroCodec<ReportEntry>('report-entry');
  const good = codec.encode(reportEntry());
  const bad = [
    '',
    '{"sensor":"edge1"}',
    '\0',
    Buffer.alloc(40),
    good.subarray(0, -1),
    good.subarray(0, 9),
    Buffer.concat([good, good]),
  ];
  for (const bytes of bad) {
    await assert.rejects(codec.decode(Buffer.from(bytes)), { name: 'TickerError', retriable: false });
  }
});

test('a few bytes that claim a billion items are refused before they take the memory for them', async () => {
  const schema = JSON.parse(schemaText('report-entry'));
  const ports = schema.fields.findIndex((field: { name: string }) => field.name === 'ports');
  const claim = { ...schema, fields: [...schema.fields.slice(0, ports), { name: 'ports', type: 'long' }] };
  const datum = avro.Type.forSchema(claim).toBuffer({ ...reportEntry(), ports: 1_000_000_000 });
  const codec = new AvroCodec<ReportEntry>('report-entry');
  const header = codec.encode(reportEntry()).subarray(0, 10);
  await assert.rejects(codec.decode(Buffer.concat([header, datum])), { code: 'DECODE', retriable: false });
});

test('a schema that nobody knows is named, and no reason to try again', async () => {
  const codec = new AvroCodec<ReportEntry>('report-entry');
  const bytes = codec.encode(reportEntry());
  bytes.writeBigUInt64LE(0xabcn, 2);
  await assert.rejects(codec.decode(bytes), {
    code: 'SCHEMA_UNKNOWN',
    retriable: false,
    message: /0000000000000abc/,
  });
});

test('a value that does not fit the schema is refused', () => {
  const codec = new AvroCodec<ReportEntry>('report-entry');
  assert.throws(() => codec.encode(reportEntry({ changeCount: 1.5 })), { code: 'ENCODE' });
});

test('of a value its first fields can be read alone', async () => {
  const bytes = new AvroCodec<ReportEntry>('report-entry').encode(reportEntry());
  const codec = new AvroCodec<ReportEntry>('report-entry', null, ['sensor', 'source']);
  const { sensor, source } = reportEntry();
  assert.deepEqual({ ...(await codec.decode(bytes)) }, { sensor, source });
  assert.deepEqual(
    { ...(await codec.decode(bytes.subarray(0, 40))) },
    { sensor, source },
    'no more is looked at',
  );
});
