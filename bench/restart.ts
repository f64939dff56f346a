import { AvroCodec } from '../src/common/avro.ts';
import type { ReportEntry } from '../src/common/event.ts';
import { type TopicName, topics } from '../src/common/kafka/topics.ts';
import { builtPrograms } from '../test/helpers/built-programs.ts';
import type { Cleanup } from '../test/helpers/cleanup.ts';
import { memoryOf } from '../test/helpers/memory.ts';
import { reportEntry } from '../test/helpers/records.ts';
import { Service } from '../test/helpers/service.ts';
import { kafkaClient, makeTopics } from '../test/helpers/topics.ts';
import type { Result } from './result.ts';
import { spread } from './spread.ts';
import { withBroker } from './with-broker.ts';

const rounds = 5;
const rows = 200_000;
const prefix = 'bench';

interface Start {
  /** s from the start of the process until /readyz. */
  seconds: number;
  /** Resident memory then, MB. */
  megabytes: number;
}

/** How long a consumer takes until it knows the whole report and has its share of the events. */
export async function restart(): Promise<Result> {
  const [empty, full] = await withBroker(async (cleanup, brokers) => {
    const root = builtPrograms(cleanup);
    for (const each of [prefix, `${prefix}-empty`])
      await makeTopics(brokers, each, Object.keys(topics) as TopicName[]);
    await writeRows(brokers);
    const none: Start[] = [];
    const all: Start[] = [];
    for (let round = 0; round < rounds; round += 1) {
      none.push(await start(cleanup, root, brokers, `${prefix}-empty`));
      all.push(await start(cleanup, root, brokers, prefix));
    }
    return [none, all];
  });
  return {
    title: 'A restart of the consumer',
    about: `From the start of the process until /readyz says that the report is whole and the consumer is a member of its groups:
minimum / **median** / maximum of ${rounds} starts in turns, and the resident memory at that moment. ${rows.toLocaleString('en')} rows of sources that have nothing in
common, in six partitions; one broker with default settings on this machine, which lets the first member of a group wait for 3 s
for others. Left out: alerts, which begin after that.`,
    table: [
      ['', 'until it is ready', 'resident memory'],
      ['a report without a row', ...cells(empty)],
      [`${rows.toLocaleString('en')} rows`, ...cells(full)],
    ],
    raw: { empty, full },
  };
}

async function start(cleanup: Cleanup, root: string, brokers: string, topicPrefix: string): Promise<Start> {
  const begin = performance.now();
  const settings = { KAFKA_BROKERS: brokers, TOPIC_PREFIX: topicPrefix, ALERT_MIN_SEVERITY: '73' };
  const consumer = new Service(cleanup, 'consumer', settings, [], [], root);
  await consumer.ready();
  const seconds = (performance.now() - begin) / 1000;
  const megabytes = memoryOf(consumer.program.pid).now;
  await consumer.stop();
  return { seconds, megabytes };
}

async function writeRows(brokers: string): Promise<void> {
  const codec = new AvroCodec<ReportEntry>('report-entry');
  const producer = kafkaClient(brokers).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  for (let from = 0; from < rows; from += 1_000) {
    const messages = Array.from({ length: 1_000 }, (_, index) => {
      const row = rowOf(from + index);
      return { key: `edge1/${row.source}`, value: codec.encode(row), partition: (from / 1_000) % 6 };
    });
    await producer.send({ topic: `${prefix}.report`, acks: -1, messages });
  }
  await producer.disconnect();
}

function rowOf(index: number): ReportEntry {
  return reportEntry({
    source: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
    episode: Date.now() - index,
    lastChange: Date.now(),
    ports: Array.from({ length: 6 }, (_, port) => (index * 7_919 + port * 10_007) % 65_536),
    destination: `198.51.100.${index % 200}`,
    changeCount: 21 + (index % 5_000),
    ...{ verdict: false, score: 0 }, // below the severity that is alerted
  });
}

function cells(starts: readonly Start[]): string[] {
  const { min, median, max } = spread(starts.map(({ seconds }) => seconds));
  const memory = spread(starts.map(({ megabytes }) => megabytes));
  return [
    `${min.toFixed(1)} / **${median.toFixed(1)}** / ${max.toFixed(1)} s`,
    `${memory.min} / **${memory.median}** / ${memory.max} MB`,
  ];
}
