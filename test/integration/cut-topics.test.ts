import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import type { Admin } from 'kafkajs';
import { readToEnd } from '../../src/common/kafka/reader.ts';
import { ensureTopics } from '../../src/common/kafka/topics.ts';
import { eventually } from '../helpers/eventually.ts';
import { type Kafka, startKafka } from '../helpers/kafka.ts';
import { persistently } from '../helpers/persistently.ts';
import { countUpdate, portScanEvent, reportEntry, resetEvent } from '../helpers/records.ts';
import { expectedOf, manySources, shows } from '../helpers/report-rows.ts';
import { reportScene } from '../helpers/report-scene.ts';
import { configure, kafkaClient, kafkaSettings } from '../helpers/topics.ts';

/** A broker that compacts at once. */
let broker: Kafka;
before(async () => {
  broker = await startKafka({
    properties: ['log.cleaner.backoff.ms=100', 'log.segment.delete.delay.ms=100'],
  });
});
after(() => broker.close());

const scene = (t: TestContext) => reportScene(t, broker.brokers, ['events', 'report']);

/** A topic whose records are cleaned as soon as another is appended; tombstones go soon after. */
const quickCleaning = {
  'cleanup.policy': 'compact',
  'segment.ms': '100',
  'min.cleanable.dirty.ratio': '0.001',
  'max.compaction.lag.ms': '100',
  'delete.retention.ms': '100',
};

test('the report is right under a consumer that reads on, one that sleeps, and one that starts, while its topic is compacted', async (t) => {
  const { prefix, write, consumer } = await scene(t);
  const topic = `${prefix}.report`;
  await configure(broker.brokers, topic, quickCleaning);
  const services = [await consumer(), await consumer()];
  const [living, sleeper] = services;
  assert.ok(living !== undefined && sleeper !== undefined);
  const events = manySources(30);
  const [gone, ...rest] = events;
  assert.ok(gone !== undefined);
  const erased = portScanEvent({ sensor: 'edge2', source: '192.0.2.77' });
  await write.events(...events, erased);
  for (const service of services) await shows(service, { ...expectedOf(events), '192.0.2.77': 21 });

  sleeper.program.kill('SIGSTOP');
  const { episode } = portScanEvent();
  await write.events(resetEvent({ source: gone.source, episode: episode + 1 }));
  await write.toAllPartitions(resetEvent({ sensor: 'edge2', source: '*', episode: episode + 1 }));
  let round = 0;
  const grown = () => rest.map((event) => ({ ...event, changeCount: event.changeCount + 1_000 * round }));
  await eventually(
    'most records are compacted away',
    async () => {
      round += 1;
      await write.events(...grown());
      const { appended, left } = await sizeOf(topic);
      return round >= 6 && left < appended / 2;
    },
    90_000,
  );
  await shows(living, expectedOf(grown()), 20_000);
  sleeper.program.kill('SIGCONT');
  await shows(sleeper, expectedOf(grown()), 30_000);

  for (const service of services) assert.equal(await service.stop(), 0);
  const { appended, left } = await sizeOf(topic);
  t.diagnostic(`${left} of ${appended} records are left, after ${round} rounds`);
  const fresh = await consumer();
  await shows(fresh, expectedOf(grown()), 20_000);
  // late: from before the resets, whose floors have outlived the compaction
  await write.events({ ...gone, changeCount: 9_000 }, { ...erased, changeCount: 9_000 });
  const last = portScanEvent({ source: '192.0.2.99' });
  await write.events(last, ...rest.map((event) => ({ ...event, changeCount: 90_000 })));
  await shows(fresh, {
    ...expectedOf(rest.map((event) => ({ ...event, changeCount: 90_000 }))),
    '192.0.2.99': 21,
  });
});

test('events whose topic is deleted and made anew are read from its new beginning, and the log says so', async (t) => {
  const { prefix, write, consumer } = await scene(t);
  const service = await consumer();
  const events = manySources(60);
  await write.events(...events, ...events);
  await shows(service, expectedOf(events));
  await remake(prefix, 'events');
  // anew in each partition, and shorter than it was
  const grown = events.map((event) => ({ ...event, changeCount: event.changeCount + 1_000 }));
  await persistently(() => write.events(...grown));
  await shows(service, expectedOf(grown), 60_000);
  await service.program.says(
    new RegExp(`partition \\d of ${prefix}.events no longer has what was to be read`),
  );
});

test('events that retention has cut off before they were read are passed over, and the log says so', async (t) => {
  const { prefix, write, consumer } = await scene(t);
  const first = await consumer();
  await write.events(...manySources(60));
  await shows(first, expectedOf(manySources(60)));
  assert.equal(await first.stop(), 0);

  await write.events(...manySources(60, { changeCount: 500 }));
  await cutOff(`${prefix}.events`);
  const after = manySources(60).map(({ source }) => countUpdate({ source, changeCount: 700 }));
  await write.events(...after);
  const second = await consumer();
  await shows(second, expectedOf(after), 30_000);
  await second.program.says(
    new RegExp(`partition \\d of ${prefix}.events no longer has what was to be read`),
  );
});

test('rows that were cut off while a consumer slept are written again, and the log says so', async (t) => {
  const { prefix, write, consumer } = await scene(t);
  const service = await consumer();
  const events = manySources(30);
  await write.events(...events);
  await shows(service, expectedOf(events));
  service.program.kill('SIGSTOP');
  const partitions = [0, 1, 2, 3, 4, 5];
  for (const partition of partitions) await write.row(partition, reportEntry({ source: '192.0.2.99' }), null);
  const topic = `${prefix}.report`;
  await configure(broker.brokers, topic, { 'cleanup.policy': 'compact,delete' }); // else brokers cut off nothing
  await cutOff(topic);
  await configure(broker.brokers, topic, { 'cleanup.policy': 'compact' });
  service.program.kill('SIGCONT');
  await service.program.says(new RegExp(`reading ${topic}: .*trying again`));
  await eventually(
    'the topic has all rows again',
    async () => (await sizeOf(topic)).left >= events.length,
    30_000,
  );
  await service.crash();
  await shows(await consumer(), expectedOf(events), 20_000);
});

/** Records that were ever appended to a topic, and those that can be read. */
async function sizeOf(topic: string): Promise<{ appended: number; left: number }> {
  let [appended, left] = [0, 0];
  await withAdmin(async (admin) => {
    for (const { high } of await admin.fetchTopicOffsets(topic)) appended += Number(high);
  });
  await readToEnd(kafkaClient(broker.brokers), topic, (_, records) => {
    left += records.length;
  });
  return { appended, left };
}

/** Removes all records that a topic has, as retention does. */
async function cutOff(topic: string): Promise<void> {
  await withAdmin(async (admin) => {
    const ends = await admin.fetchTopicOffsets(topic);
    const partitions = ends.map(({ partition, high }) => ({ partition, offset: high }));
    await admin.deleteTopicRecords({ topic, partitions });
  });
}

/** Deletes a topic and makes it anew. */
async function remake(prefix: string, name: 'events' | 'report'): Promise<void> {
  await withAdmin(async (admin) => {
    await admin.deleteTopics({ topics: [`${prefix}.${name}`] });
    await persistently(() => ensureTopics(admin, kafkaSettings(broker.brokers, prefix), [name]));
  });
}

async function withAdmin(use: (admin: Admin) => Promise<void>): Promise<void> {
  const admin = kafkaClient(broker.brokers).admin();
  await admin.connect();
  try {
    await use(admin);
  } finally {
    await admin.disconnect();
  }
}
