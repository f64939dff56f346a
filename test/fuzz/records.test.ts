import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { AvroCodec } from '../../src/common/avro.ts';
import type { SensorStatus } from '../../src/common/control/records.ts';
import { TickerError } from '../../src/common/errors.ts';
import type { PortScanEvent, ReportEntry } from '../../src/common/event.ts';
import { mutatedRecords, varint } from '../helpers/avro-fuzz.ts';
import { brokerOfFile } from '../helpers/broker-of-file.ts';
import { commandCodec, controlCommand, sensorStatus } from '../helpers/commands.ts';
import { isFull } from '../helpers/full.ts';
import { sendPacked } from '../helpers/packed.ts';
import { seededRandom } from '../helpers/random.ts';
import { countUpdate, portScanEvent, reportEntry, resetEvent } from '../helpers/records.ts';
import { Service } from '../helpers/service.ts';
import { topicPrefix } from '../helpers/topic-prefix.ts';
import { recordWriter } from '../helpers/topics.ts';

const decoded = isFull ? 500_000 : 20_000;
const sent = isFull ? 100_000 : 5_000;
const partitions = 6;
const bomb = Buffer.alloc(70 * 1024 * 1024);
/** Of the consumer at its largest, MB: a batch that is unpacked up to its limit comes on top of what it has. */
const mostMemory = 600;

const eventCodec = new AvroCodec<PortScanEvent>('port-scan-event');
const rowCodec = new AvroCodec<ReportEntry>('report-entry');
const statusCodec = new AvroCodec<SensorStatus>('sensor-status');

const wellFormed = {
  events: [portScanEvent(), countUpdate(), resetEvent({ source: '*' })].map((each) =>
    eventCodec.encode(each),
  ),
  report: [reportEntry(), reportEntry({ sensor: 'edge2' })].map((each) => rowCodec.encode(each)),
  sensors: [sensorStatus()].map((each) => statusCodec.encode(each)),
};

for (const [name, codec, records] of [
  ['events', eventCodec, wellFormed.events],
  ['rows of the report', rowCodec, wellFormed.report],
  ['statuses', statusCodec, wellFormed.sensors],
  ['commands', commandCodec, [commandCodec.encode(controlCommand({ prefixes: ['192.0.2.0/24'] }))]],
] as const) {
  test(`${decoded} mutations of ${name} are read, or refused with a reason`, async (t) => {
    const mutations = mutatedRecords(seededRandom(t), records);
    let read = 0;
    let longest = 0;
    for (let count = 0; count < decoded; count += 1) {
      const record: Buffer = mutations.next().value;
      const begin = performance.now();
      read += await isRead(codec, record);
      longest = Math.max(longest, performance.now() - begin);
    }
    t.diagnostic(`${read} read; the longest took ${longest.toFixed(1)} ms; ${residentMegabytes('self')} MB`);
    assert.ok(read > 0 && read < decoded);
  });
}

/** 1 when it is read, 0 when it is refused for a reason that says what to do. */
async function isRead(codec: Pick<AvroCodec<unknown>, 'decode'>, record: Buffer): Promise<number> {
  try {
    await codec.decode(record);
    return 1;
  } catch (error) {
    const isKnown = error instanceof TickerError && ['DECODE', 'SCHEMA_UNKNOWN'].includes(error.code);
    if (isKnown && error.remedy !== '' && !error.retriable) return 0;
    throw new Error(`on record ${record.toString('hex')}`, { cause: error });
  }
}

for (const [what, claim] of [
  ['millions of items', varint(30_000_000n)],
  ['millions of items in a block with a size', Buffer.concat([varint(-30_000_000n), varint(8n)])],
] as const) {
  test(`a short record that claims ${what} takes no memory for them`, async () => {
    const [record] = wellFormed.events;
    const ports = Buffer.from([12, 2, 4, 6, 8, 10, 12, 0]); // six items, 1 to 6, the end
    const at = record?.indexOf(ports) ?? -1;
    assert.ok(record !== undefined && at > 0);
    const claiming = Buffer.concat([record.subarray(0, at), claim, record.subarray(at + 1)]);
    const memory = process.resourceUsage().maxRSS;
    assert.equal(await isRead(eventCodec, claiming), 0);
    assert.ok(process.resourceUsage().maxRSS - memory < 50_000, 'KiB');
  });
}

test('an array in several blocks, with and without their sizes, is read', async () => {
  const [record] = wellFormed.events;
  const ports = Buffer.from([12, 2, 4, 6, 8, 10, 12, 0]);
  const at = record?.indexOf(ports) ?? -1;
  assert.ok(record !== undefined && at > 0);
  const blocks = Buffer.concat([
    varint(2n),
    Buffer.from([2, 4]),
    varint(-4n),
    varint(4n),
    Buffer.from([6, 8, 10, 12, 0]),
  ]);
  const split = Buffer.concat([record.subarray(0, at), blocks, record.subarray(at + ports.length)]);
  assert.deepEqual((await eventCodec.decode(split)).ports, [1, 2, 3, 4, 5, 6]);
});

const broker = brokerOfFile();

test(`a consumer outlives ${sent} broken events, rows and statuses each and a bomb, and reads on`, async (t) => {
  const prefix = topicPrefix(t, broker.brokers);
  const consumer = new Service(t, 'consumer', { KAFKA_BROKERS: broker.brokers, TOPIC_PREFIX: prefix });
  await consumer.ready();
  const { producer, events } = await recordWriter(t, broker.brokers, prefix);
  const random = seededRandom(t);
  for (const [topic, records] of Object.entries(wellFormed)) {
    const mutations = mutatedRecords(random, records);
    for (let count = 0; count < sent; count += 500) {
      const messages = Array.from({ length: 500 }, () => {
        const value: Buffer = mutations.next().value;
        const partition = topic === 'sensors' ? 0 : Math.floor(random() * partitions);
        return { key: topic === 'events' && random() < 0.1 ? null : value.subarray(0, 20), value, partition };
      });
      await producer.send({ topic: `${prefix}.${topic}`, messages });
    }
  }
  await sendPacked(broker.brokers, `${prefix}.events`, bomb);
  const sources = Array.from({ length: 4 * partitions }, (_, index) => `203.0.113.${index}`);
  await events(...sources.map((source) => portScanEvent({ source, sensor: 'afterwards' })));
  const isReported = async () => {
    const text = await consumer.get('/api/report');
    return text !== '' && sources.every((source) => text.includes(`"${source}"`));
  };
  await consumer.until('what came after them is reported', isReported, 60_000 + sent);
  const most = residentMegabytes(consumer.program.pid);
  t.diagnostic(`the consumer took at most ${most} MB`);
  assert.ok(most < mostMemory, `${most} MB`);
  assert.equal(await consumer.stop(), 0);
  assert.equal(consumer.program.stderr, '');
});

/** At its largest. */
function residentMegabytes(pid: number | 'self'): number {
  const kibibytes = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round((Number(kibibytes) * 1024) / 1e6);
}
