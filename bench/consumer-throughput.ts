import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import kafkajs, { type Kafka as Client } from 'kafkajs';
import { AvroCodec } from '../src/common/avro.ts';
import type { PortScanEvent } from '../src/common/event.ts';
import { TopicCluster } from '../src/common/kafka/cluster.ts';
import { readToEnd } from '../src/common/kafka/reader.ts';
import { topics } from '../src/common/kafka/topics.ts';
import { builtPrograms } from '../test/helpers/built-programs.ts';
import type { Cleanup } from '../test/helpers/cleanup.ts';
import { eventually } from '../test/helpers/eventually.ts';
import { startProgram } from '../test/helpers/program.ts';
import { portScanEvent } from '../test/helpers/records.ts';
import { Service } from '../test/helpers/service.ts';
import { temporaryDirectory } from '../test/helpers/temporary-directory.ts';
import { kafkaClient, makeTopics } from '../test/helpers/topics.ts';
import type { Result } from './result.ts';
import { spread } from './spread.ts';
import { withBroker } from './with-broker.ts';

const rounds = 5;
const partitions = 6;
/** As src/consumer/writer.ts has it. */
const rowsPerSend = 1_000;
const sources = 20_000;
const eventsEach = 3;
const allTopics = Object.keys(topics) as (keyof typeof topics)[];

interface Row {
  key: Buffer | null;
  value: Buffer | null;
}

/** By partition: its number of events, and what was written to the report in one request each. */
type Plan = Map<number, { events: number; writes: Row[][] }>;

interface Round {
  product: number;
  bare: number;
  rows: number;
  requests: number;
}

/** How many events a second become rows, beside kafkajs that only carries the same bytes. */
export async function consumerThroughput(): Promise<Result> {
  const measured = await withBroker(async (cleanup, brokers) => {
    const root = builtPrograms(cleanup);
    const events = encodedEvents();
    const all: Round[] = [];
    for (let round = 0; round < rounds; round += 1)
      all.push(await measure(cleanup, { brokers, root, events, round }));
    return all;
  });
  const perSecond = (ms: number) => Math.round((sources * eventsEach) / ms);
  const rates = (values: readonly number[]) => cell(values.map(perSecond), (value) => `${value} k/s`);
  const ratios = measured.map(({ product, bare }) => bare / product);
  return {
    title: 'From Kafka to the report',
    about: `Events a second, minimum / **median** / maximum of ${rounds} runs in turns: ${sources * eventsEach} events of ${sources} sources, ${eventsEach} each one after
the other, in ${partitions} partitions, that all become visible at once to a consumer that waits for them, until the group's offsets
are behind the last one. port-ticker-consumer reads, checks and merges them, writes each changed row once a batch, reads
the rows back for its page, and follows the events once more for gaps. kafkajs alone reads the same events undecoded and writes the same
rows, made beforehand, in the same requests. One broker with default settings on this machine. Left out: replication, TLS, the start.`,
    table: [
      ['', 'events', 'of kafkajs'],
      [
        'port-ticker-consumer',
        rates(measured.map(({ product }) => product)),
        cell(ratios, (value) => value.toFixed(2)),
      ],
      ['kafkajs alone', rates(measured.map(({ bare }) => bare)), '1'],
    ],
    raw: measured,
  };
}

interface Setting {
  brokers: string;
  root: string;
  events: readonly Row[];
  round: number;
}

async function measure(cleanup: Cleanup, { brokers, root, events, round }: Setting): Promise<Round> {
  const client = kafkaClient(brokers);
  const [product, bare] = [`product-${round}`, `bare-${round}`];
  for (const prefix of [product, bare]) await makeTopics(brokers, prefix, allTopics);

  const consumer = new Service(
    cleanup,
    'consumer',
    { KAFKA_BROKERS: brokers, TOPIC_PREFIX: product },
    [],
    [],
    root,
  );
  await consumer.ready();
  const productTime = await time(client, product, events);
  await consumer.stop();

  const plan = await planOf(client, product);
  const directory = temporaryDirectory('port-ticker-bench-');
  cleanup.after(() => directory.remove());
  const file = join(directory.path, 'plan');
  writeFileSync(file, serialize(plan));
  const other = startProgram(cleanup, 'bench/baselines/bare-consumer.ts', [brokers, bare, file]);
  await other.says(/joined/);
  const bareTime = await time(client, bare, events);
  other.kill('SIGKILL');
  await other.exit();

  const requests = [...plan.values()].flatMap(({ writes }) => writes);
  return { product: productTime, bare: bareTime, rows: requests.flat().length, requests: requests.length };
}

/** ms from the moment when the events become visible until the group has done with them. */
async function time(client: Client, prefix: string, events: readonly Row[]): Promise<number> {
  const topic = `${prefix}.events`;
  const producer = client.producer({
    transactionalId: `${prefix}.bench`,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  const admin = client.admin();
  await Promise.all([producer.connect(), admin.connect()]);
  const transaction = await producer.transaction();
  for (let from = 0; from < events.length; from += 2_000)
    await transaction.send({ topic, acks: -1, messages: events.slice(from, from + 2_000) });
  const begin = performance.now();
  await transaction.commit();
  let ends = new Map<number, bigint>();
  await eventually(
    'all events are visible, with the mark of the transaction behind those of each partition',
    async () => {
      ends = await endsOf(client, topic);
      return [...ends.values()].reduce((sum, end) => sum + Number(end), 0) === events.length + partitions;
    },
  );
  await eventually(
    'the group has done with all events',
    async () => {
      const [answer] = await admin.fetchOffsets({ groupId: `${prefix}.consumer`, topics: [topic] });
      return (
        answer?.partitions.every(
          ({ partition, offset }) => BigInt(offset) >= (ends.get(partition) ?? 0n) - 1n,
        ) ?? false
      );
    },
    120_000,
  );
  const end = performance.now();
  await Promise.all([producer.disconnect(), admin.disconnect()]);
  return end - begin;
}

async function endsOf(client: Client, topic: string): Promise<Map<number, bigint>> {
  const cluster = await TopicCluster.open(client, topic);
  try {
    return await cluster.offsets('end');
  } finally {
    await cluster.close();
  }
}

/** What a consumer has read and written. Rows of one request have one timestamp. */
async function planOf(client: Client, prefix: string): Promise<Plan> {
  const plan: Plan = new Map();
  for (const [partition, end] of await endsOf(client, `${prefix}.events`))
    plan.set(partition, { events: Number(end) - 1, writes: [] });
  const last = new Map<number, number>();
  await readToEnd(client, `${prefix}.report`, (partition, records) => {
    for (const { key, value, timestamp } of records) {
      const writes = plan.get(partition)?.writes ?? [];
      const open = writes.at(-1);
      const isSame = last.get(partition) === timestamp && open !== undefined && open.length < rowsPerSend;
      if (isSame) open.push({ key, value });
      else writes.push([{ key, value }]);
      last.set(partition, timestamp);
    }
  });
  return plan;
}

/** Each source crosses, and counts on. */
function encodedEvents(): Row[] {
  const codec = new AvroCodec<PortScanEvent>('port-scan-event');
  return Array.from({ length: sources * eventsEach }, (_, index) => {
    const source = `10.0.${(index % sources) >> 8}.${(index % sources) & 255}`;
    const changeCount = 21 + Math.floor(index / sources) * 30;
    const event = portScanEvent({ source, sequence: index + 1, changeCount, time: Date.now() });
    return { key: Buffer.from(source), value: codec.encode(event) };
  });
}

function cell(values: readonly number[], show: (value: number) => string): string {
  const { min, median, max } = spread(values);
  return `${show(min)} / **${show(median)}** / ${show(max)}`;
}
