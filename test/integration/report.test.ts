import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { AvroCodec } from '../../src/common/avro.ts';
import type { ReportEntry } from '../../src/common/event.ts';
import { readToEnd } from '../../src/common/kafka/reader.ts';
import { ensureTopics } from '../../src/common/kafka/topics.ts';
import { brokerOfFile } from '../helpers/broker-of-file.ts';
import { eventually } from '../helpers/eventually.ts';
import { countUpdate, portScanEvent, reportEntry, resetEvent } from '../helpers/records.ts';
import { counts, entries, expectedOf, manySources, shows } from '../helpers/report-rows.ts';
import { reportScene } from '../helpers/report-scene.ts';
import { configure, kafkaClient, kafkaSettings } from '../helpers/topics.ts';

const broker = brokerOfFile();

const scene = (t: TestContext) => reportScene(t, broker.brokers, ['events', 'report']);

test('an event becomes a row, with all that is known about it', async (t) => {
  const { write, consumer } = await scene(t);
  const service = await consumer();
  await write.events(portScanEvent({ vlan: 7 }), countUpdate({ changeCount: 33, distinctPorts: 30 }));
  await shows(service, { '192.0.2.1': 33 });
  const summary = 'TCP SYN scan from 192.0.2.1: about 30 ports on 1 host in 0.5 s, 100 % closed';
  assert.deepEqual(await entries(service), [
    { ...reportEntry({ changeCount: 33, distinctPorts: 30, vlan: 7 }), severity: 73, summary },
  ]);
  assert.match(
    await service.get('/api/report.txt'),
    /^Report:\n\n-+\nSource IP .*\n-+\n192\.0\.2\.1 {7}\| {2}33\n$/,
  );
});

test('one source at two sensors is two rows', async (t) => {
  const { write, consumer } = await scene(t);
  const service = await consumer();
  await write.events(portScanEvent(), portScanEvent({ sensor: 'edge2', changeCount: 99 }));
  await eventually('both rows are there', async () => (await entries(service)).length === 2);
  assert.deepEqual(
    (await entries(service)).map(({ sensor, changeCount }) => `${sensor} ${changeCount}`),
    ['edge2 99', 'edge1 21'],
  );
});

test('redelivery and reordering give the same report', async (t) => {
  const { write, consumer } = await scene(t);
  const service = await consumer();
  const next = portScanEvent().episode + 60_000;
  const events = [
    portScanEvent({ changeCount: 21, destinationPort: 80 }),
    portScanEvent({ changeCount: 42, destinationPort: 443 }),
    countUpdate({ changeCount: 60 }),
    portScanEvent({ changeCount: 21, episode: next, destinationPort: 8080 }),
    countUpdate({ changeCount: 25, episode: next }),
  ];
  await write.events(...events.toReversed());
  await write.events(...events, ...events.toReversed());
  await write.events(portScanEvent({ source: '192.0.2.99' }));
  await shows(service, { '192.0.2.1': 25, '192.0.2.99': 21 });
  const row = (await entries(service)).find(({ source }) => source === '192.0.2.1');
  assert.deepEqual([row?.episode, row?.destinationPort, row?.crossingCount], [next, 8080, 21]);
});

test('the report is there again after a restart, and goes on', async (t) => {
  const { write, consumer } = await scene(t);
  const events = manySources(300);
  const first = await consumer();
  await write.events(...events);
  await shows(first, expectedOf(events));
  assert.equal(await first.stop(), 0);

  await write.events(portScanEvent({ source: '198.51.0.0', changeCount: 1_000 }));
  const second = await consumer();
  await shows(second, { ...expectedOf(events), '198.51.0.0': 1_000 });
});

test('of two consumers one is killed: the report of the other is whole and right within 10 s', async (t) => {
  const { write, consumer } = await scene(t);
  const services = [await consumer(), await consumer()];
  const [survivor, victim] = services;
  assert.ok(survivor !== undefined && victim !== undefined);
  const before = manySources(300);
  await write.events(...before);
  for (const service of services) await shows(service, expectedOf(before));

  const events = before.map((event) => ({ ...event, changeCount: event.changeCount + 1_000 }));
  await write.events(...events.slice(0, 150));
  await victim.crash();
  const killed = Date.now();
  await write.events(...events.slice(150));
  await shows(survivor, expectedOf(events), 10_000);
  assert.ok(Date.now() - killed < 10_000, `${Date.now() - killed} ms`);
});

test('of two consumers one is paused past its session, and goes on: no older count replaces a newer one', async (t) => {
  const { prefix, write, consumer } = await scene(t);
  const services = [await consumer(), await consumer()];
  const [survivor, paused] = services;
  assert.ok(survivor !== undefined && paused !== undefined);
  const old = manySources(100);
  await write.events(...old);
  for (const service of services) await shows(service, expectedOf(old));

  const middle = old.map((event) => ({ ...event, changeCount: event.changeCount + 1_000 }));
  await write.events(...middle);
  paused.program.kill('SIGSTOP'); // with a part of these fetched, or written, or neither
  const events = old.map((event) => ({ ...event, changeCount: event.changeCount + 2_000 }));
  await write.events(...events);
  await shows(survivor, expectedOf(events), 20_000);
  paused.program.kill('SIGCONT');
  for (const service of services) await shows(service, expectedOf(events), 20_000);
  await paused.ready();
  await eventually('the topic ends with the newest rows', async () => {
    const last = await Promise.all(
      events.slice(0, 5).map(({ sensor, source }) => lastRow(prefix, `${sensor}/${source}`)),
    );
    return last.every(({ entry }, index) => entry?.changeCount === events[index]?.changeCount);
  });
});

test('each of two consumers shows the rows of both', async (t) => {
  const { write, consumer } = await scene(t);
  const services = [await consumer(), await consumer()];
  const events = manySources(50);
  await write.events(...events);
  for (const service of services) await shows(service, expectedOf(events));
});

test('events whose rows Kafka does not take are not lost: they are read again until it does', async (t) => {
  const { prefix, write, consumer } = await scene(t);
  const service = await consumer();
  await configure(broker.brokers, `${prefix}.report`, {
    'cleanup.policy': 'compact',
    'max.message.bytes': '10',
  });
  const refuses = () =>
    write.row(0, reportEntry(), null).then(
      () => false,
      () => true,
    );
  await eventually('the broker refuses rows', refuses);
  await write.events(...manySources(30));
  await service.program.says(/consuming .* failed: .*trying again/);
  assert.deepEqual(await counts(service), {});

  await configure(broker.brokers, `${prefix}.report`, { 'cleanup.policy': 'compact' });
  await shows(service, expectedOf(manySources(30)), 60_000);
});

test('an older row or a removal by a writer that no longer owns the partition is put right', async (t) => {
  const { prefix, write, consumer } = await scene(t);
  const owner = await consumer();
  const rightRow = async () => {
    const { partition, entry } = await lastRow(prefix, 'edge1/192.0.2.1');
    return entry?.changeCount === 500 ? partition : undefined;
  };
  await write.events(portScanEvent({ changeCount: 500 }));
  await eventually('the row is written', async () => (await rightRow()) !== undefined);
  const partition = (await rightRow()) ?? 0;

  for (const wrong of [reportEntry({ changeCount: 21 }), null]) {
    await write.row(partition, reportEntry(), wrong);
    assert.equal(await rightRow(), undefined);
    await eventually('the topic ends with the right row', async () => (await rightRow()) === partition);
  }
  assert.deepEqual(await counts(owner), { '192.0.2.1': 500 });
});

test('a report topic that was deleted and made again gets its rows back', async (t) => {
  const { prefix, write, consumer } = await scene(t);
  const service = await consumer();
  for (const changeCount of [21, 42, 84]) {
    await write.events(portScanEvent({ changeCount }));
    await shows(service, { '192.0.2.1': changeCount });
  }
  const admin = kafkaClient(broker.brokers).admin();
  await admin.connect();
  t.after(() => admin.disconnect());
  await admin.deleteTopics({ topics: [`${prefix}.report`] });
  await eventually('the topic is there again', () =>
    ensureTopics(admin, kafkaSettings(broker.brokers, prefix), ['report']).then(
      () => true,
      () => false,
    ),
  );
  await eventually(
    'the row is in the topic again',
    async () => (await lastRow(prefix, 'edge1/192.0.2.1')).entry?.changeCount === 84,
    60_000,
  );
  await write.events(portScanEvent({ changeCount: 168 }));
  await shows(service, { '192.0.2.1': 168 }, 30_000);
});

test('a row without a change for the time of expiry goes, at every consumer and in the topic', async (t) => {
  const { prefix, write, consumer } = await scene(t);
  const services = [await consumer({ REPORT_EXPIRY: '3' }), await consumer({ REPORT_EXPIRY: '3' })];
  const [first] = services;
  assert.ok(first !== undefined);
  await write.events(portScanEvent({ source: '192.0.2.1' }), portScanEvent({ source: '192.0.2.2' }));
  await shows(first, { '192.0.2.1': 21, '192.0.2.2': 21 });

  let changeCount = 21;
  const quietIsGone = async () => {
    changeCount += 1;
    await write.events(countUpdate({ source: '192.0.2.1', changeCount }));
    return (await counts(first))['192.0.2.2'] === undefined;
  };
  await eventually('the quiet source is gone', quietIsGone);
  await shows(first, { '192.0.2.1': changeCount });
  for (const service of services) await shows(service, {});
  assert.equal((await lastRow(prefix, 'edge1/192.0.2.1')).entry, null);
});

test('a reset takes rows away, at every consumer and after a restart, and late events do not bring them back', async (t) => {
  const { prefix, write, consumer } = await scene(t);
  const services = [await consumer(), await consumer()];
  const [first] = services;
  assert.ok(first !== undefined);
  const events = manySources(60);
  const other = portScanEvent({ sensor: 'edge2', source: '192.0.2.9' });
  await write.events(...events, other);
  for (const service of services) await shows(service, { ...expectedOf(events), '192.0.2.9': 21 });

  const { episode } = portScanEvent();
  const reset = (source: string, time: number) => resetEvent({ source, episode: episode + time });
  const [one = other, ...rest] = events;
  await write.events(reset(one.source, 1), { ...one, changeCount: 5_000 });
  for (const service of services) await shows(service, { ...expectedOf(rest), '192.0.2.9': 21 });

  await write.toAllPartitions(reset('*', 2));
  await write.events(...events.map((event) => ({ ...event, changeCount: 6_000 })));
  const again = portScanEvent({ source: one.source, episode: episode + 3 });
  await write.events(again);
  for (const service of services) await shows(service, { [one.source]: 21, '192.0.2.9': 21 });
  assert.equal((await lastRow(prefix, `edge1/${rest[0]?.source}`)).entry, null);

  for (const service of services) assert.equal(await service.stop(), 0);
  await shows(await consumer(), { [one.source]: 21, '192.0.2.9': 21 });
});

test('records that cannot be read are skipped, and the first one named', async (t) => {
  const { prefix, write, consumer } = await scene(t);
  const bad = ['', 'no avro', '\0\0\0\0\u0001x', null];
  const messages = [0, 1, 2, 3, 4, 5].flatMap((partition) =>
    bad.map((value) => ({ value, partition, key: 'bad' })),
  );
  for (const topic of [`${prefix}.events`]) await write.producer.send({ topic, messages });
  await write.producer.send({
    topic: `${prefix}.report`,
    messages: messages.filter(({ value }) => value !== null),
  });
  await write.events(
    portScanEvent({ source: 'no address' }),
    portScanEvent({ sensor: 'a/b' }),
    portScanEvent(),
  );
  const service = await consumer();
  await shows(service, { '192.0.2.1': 21 });
  for (const topic of ['events', 'report']) {
    const lines = service.program.stdout
      .split('\n')
      .filter((line) => line.includes(`skipped a record of ${prefix}.${topic}`));
    assert.equal(lines.length, 1);
  }
});

/** What the report topic says last about a row. */
async function lastRow(
  prefix: string,
  wanted: string,
): Promise<{ partition: number; entry: ReportEntry | null }> {
  const codec = new AvroCodec<ReportEntry>('report-entry');
  let last: { partition: number; value: Buffer | null } = { partition: -1, value: null };
  await readToEnd(kafkaClient(broker.brokers), `${prefix}.report`, (partition, records) => {
    for (const { key, value } of records) if (key?.toString() === wanted) last = { partition, value };
  });
  return { partition: last.partition, entry: last.value === null ? null : await codec.decode(last.value) };
}
