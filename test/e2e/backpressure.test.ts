import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { AvroCodec } from '../../src/common/avro.ts';
import type { PortScanEvent, ReportEntry } from '../../src/common/event.ts';
import { readToEnd } from '../../src/common/kafka/reader.ts';
import { builtPrograms } from '../helpers/built-programs.ts';
import { lastFirst } from '../helpers/cleanup.ts';
import { readEvents } from '../helpers/events.ts';
import { isFull } from '../helpers/full.ts';
import { startKafka } from '../helpers/kafka.ts';
import { portRange } from '../helpers/kernel.ts';
import { audit } from '../helpers/ledger.ts';
import { memoryOf } from '../helpers/memory.ts';
import { pinnedStatistic } from '../helpers/pinned.ts';
import { pinnedTable } from '../helpers/pinned-table.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { reportEntry } from '../helpers/records.ts';
import { ScanStack, scanner4, target4 } from '../helpers/scan-stack.ts';
import { Service } from '../helpers/service.ts';
import { kafkaClient } from '../helpers/topics.ts';
import { Traffic } from '../helpers/traffic.ts';

/** So many of each that most get into the table, in spite of how it treats newcomers, and then cross. */
const packetsEach = 60;
const sources = isFull ? 10_000_000 : 1_000_000;
const threshold = 20;
/** Resident memory that the producer may take, also while it delivers at full speed; MB. 13 of it are the kernel's maps. */
const most = 150;
/** What may be left to do behind the outage: reading it all takes the test itself longest; ms. */
const patience = isFull ? 300_000 : 120_000;
const pourInto = join(import.meta.dirname, '../../build/bench/pour_into');
const crossings = ['THRESHOLD', 'FINAL', 'CLOSED', 'SWEEP'].map((reason) => `STAT_CROSSINGS_${reason}`);

privilegedTest(
  `Kafka is away while ${sources} sources cross: memory is bounded, every crossing delivered or counted, every source reported`,
  async (t) => {
    const cleanup = lastFirst(t);
    const kafka = await startKafka();
    cleanup.after(() => kafka.close());
    const stack = await ScanStack.create(cleanup, kafka.brokers);
    const layout = join(stack.sandbox.pinDirectory, 'layout_2');
    const statistic = (name: string) => pinnedStatistic(layout, name);
    const producer = stack.producer({ IDLE_RESET: '0' }, [], [], builtPrograms(cleanup));
    await producer.ready();

    const before = memoryOf(producer.program.pid);
    await kafka.stop();
    await promisify(execFile)(pourInto, [join(layout, 'program'), String(sources), String(packetsEach)]);
    const away = memoryOf(producer.program.pid);
    await producer.until('it has felt it', async () => (await producer.get('/readyz')) === '', 60_000);
    const lost = statistic('STAT_CROSSINGS_LOST');
    const recorded = crossings.reduce((sum, name) => sum + statistic(name), 0);
    assert.ok(lost > 0, 'the ring was never full');

    await kafka.restart();
    await producer.ready();
    // one more event: whoever reads on knows by it how many are missing
    await new Traffic(cleanup, stack.scanner).do('probe', {
      ...{ from: scanner4, to: target4, ports: portRange(1, 30), rate: 2000 },
    });
    let events: PortScanEvent[] = [];
    const prefix = stack.settings['TOPIC_PREFIX'] ?? '';
    await producer.until(
      'all is delivered',
      async () => {
        events = await readEvents(kafka.brokers, prefix);
        return isWhole(countsOf(events), pinnedTable(layout));
      },
      patience,
    );
    const { peak } = memoryOf(producer.program.pid);
    const ledger = audit(events);
    t.diagnostic(
      `${recorded} crossings recorded, ${lost} dropped by eviction, ${ledger.events} events delivered, ` +
        `${ledger.duplicates} twice; ring full ${statistic('STAT_RING_FULL')} times; ` +
        `${pinnedTable(layout).size} sources in the table; ` +
        `producer ${before.now} MB before, ${away.peak} MB at most while Kafka was away, ${peak} MB with the delivery`,
    );
    assert.equal(
      ledger.events,
      crossings.reduce((sum, name) => sum + statistic(name), 0),
    );
    assert.equal(ledger.drops, statistic('STAT_CROSSINGS_LOST'));
    assert.ok(peak < most, `${peak} MB`);

    const consumer = stack.consumer();
    await consumer.ready(patience);
    await consumer.until(
      'each source in the table is in the report with its count',
      async () => isWhole(await readReport(kafka.brokers, prefix), pinnedTable(layout)),
      patience,
    );
  },
);

/** MB. A flood on one target is one group, whose members are looked at together while it grows. */
for (const [kind, of, bound] of [
  ['of sources that have nothing in common', differing, { coming: 250, starting: 250 }],
  ['of one flood', () => ({}), { coming: 270, starting: 250 }],
] as const) {
  test(`a consumer with 200 000 rows ${kind} has bounded memory, while they come and from a start`, async (t) => {
    const rows = 200_000;
    const built = builtPrograms(t);
    const kafka = await startKafka();
    t.after(() => kafka.close());
    const settings = { KAFKA_BROKERS: kafka.brokers, TOPIC_PREFIX: 'test-rows' };
    const start = () => new Service(t, 'consumer', settings, [], [], built);
    const first = start();
    await first.ready(patience); // it makes the topics
    await writeRows(t, kafka.brokers, rows, of);
    await first.until('it knows all rows', async () => (await rowsOf(first)) === rows, patience);
    const coming = memoryOf(first.program.pid).peak;
    await first.crash();
    const begin = performance.now();
    const second = start();
    await second.ready(patience); // from nothing to all rows at once
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    // it is busy with as many alerts: an answer may take longer than one asks for it
    await second.until('it has all rows', async () => (await rowsOf(second)) === rows, patience);
    const starting = memoryOf(second.program.pid).peak;
    t.diagnostic(
      `${rows} rows: at most ${coming} MB with them coming, ${starting} MB from a start, which took ${seconds} s`,
    );
    assert.ok(coming < bound.coming && starting < bound.starting, `${coming} MB, ${starting} MB`);
  });
}

/** Rows that the report has, whatever it shows of them. */
async function rowsOf(consumer: Service): Promise<number> {
  const { total = 0 }: { total?: number } = JSON.parse((await consumer.get('/api/report?limit=1')) || '{}');
  return total;
}

/** Ports, target and time of one source among many. */
function differing(index: number): Partial<ReportEntry> {
  return {
    episode: Date.now() - index,
    ports: Array.from({ length: 6 }, (_, port) => (index * 7_919 + port * 10_007) % 65_536),
    destination: `198.51.100.${index % 200}`,
    changeCount: 21 + (index % 5_000),
  };
}

/** Every source of the table above the threshold has been told with its count. */
function isWhole(told: ReadonlyMap<string, number>, table: ReadonlyMap<string, number>): boolean {
  return [...table].every(([source, count]) => count <= threshold || told.get(source) === count);
}

/** The largest count of each source. */
function countsOf(events: readonly PortScanEvent[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { source, changeCount } of events) {
    counts.set(source, Math.max(changeCount, counts.get(source) ?? 0));
  }
  return counts;
}

/** The counts in the report's topic. The consumer's own view is not asked: while it renders it does nothing else. */
async function readReport(brokers: string, prefix: string): Promise<Map<string, number>> {
  const codec = new AvroCodec<ReportEntry>('report-entry');
  const counts = new Map<string, number>();
  await readToEnd(kafkaClient(brokers), `${prefix}.report`, async (_, records) => {
    for (const { value } of records) {
      if (value === null) continue;
      const { source, changeCount } = await codec.decode(value);
      counts.set(source, changeCount);
    }
  });
  return counts;
}

async function writeRows(
  t: TestContext,
  brokers: string,
  count: number,
  of: (index: number) => Partial<ReportEntry>,
): Promise<void> {
  const codec = new AvroCodec<ReportEntry>('report-entry');
  const producer = kafkaClient(brokers).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  t.after(() => producer.disconnect());
  for (let from = 0; from < count; from += 1000) {
    const messages = Array.from({ length: 1000 }, (_, index) => {
      const row = reportEntry({
        source: `10.${(from + index) >> 16}.${((from + index) >> 8) & 255}.${(from + index) & 255}`,
        lastChange: Date.now(),
        ...of(from + index),
      });
      return {
        key: `edge1/${row.source}`,
        value: codec.encode(row),
        partition: (from / 1000) % 6,
        timestamp: String(Date.now()),
      };
    });
    await producer.send({ topic: 'test-rows.report', acks: -1, messages });
  }
}
