import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createKafka } from '../../src/common/kafka/client.ts';
import { readToEnd, TopicReader } from '../../src/common/kafka/reader.ts';
import { TopicSender } from '../../src/common/kafka/sender.ts';
import { Publisher } from '../../src/producer/publisher.ts';
import { type BadNetwork, startBadNetwork } from '../helpers/bad-network.ts';
import { eventually } from '../helpers/eventually.ts';
import { isFull } from '../helpers/full.ts';
import { kafkaClient, kafkaSettings, silent } from '../helpers/topics.ts';

/** kafkajs gives a request up after 15 s, this project a send after 30 s. */
const deadline = 60_000;
const never = new AbortController().signal;
const kinds = ['silent', 'crawling', 'reset'] as const;

let network: BadNetwork;
const endings: (() => unknown)[] = [];
before(async () => {
  network = await startBadNetwork({ after: (hook) => void endings.push(hook as () => unknown) });
  const admin = kafkaClient(network.broker.brokers).admin();
  await admin.createTopics({
    topics: kinds.flatMap((kind) => [topicOf('sent', kind), topicOf('read', kind)]),
  });
  await admin.disconnect();
});
after(async () => {
  for (const end of endings.toReversed()) await end();
});

function topicOf(use: string, kind: string): { topic: string; numPartitions: number } {
  return { topic: `${use}-${kind}`, numPartitions: 1 };
}

function client(): ReturnType<typeof createKafka> {
  return createKafka(kafkaSettings(network.brokers, 'test'), silent, 'test', { retries: 1 });
}

function spoil(kind: (typeof kinds)[number]): void {
  if (kind === 'reset') network.reset();
  else network.spoil(kind);
}

async function values(topic: string): Promise<string[]> {
  const all: string[] = [];
  await readToEnd(kafkaClient(network.broker.brokers), topic, (_, records) => {
    for (const { value } of records) all.push(String(value));
  });
  return all;
}

for (const kind of kinds) {
  if (kind === 'crawling' && !isFull) continue; // half a minute, by the same deadlines
  const connections = kind === 'reset' ? 'are reset' : kind === 'silent' ? 'fall silent' : 'crawl';
  test(`when connections ${connections}, what is sent arrives, and what is written is read`, async (t) => {
    const publisher = new Publisher({ connect: client, brokers: [network.brokers], logger: silent });
    t.after(() => publisher.close());
    const { topic } = topicOf('sent', kind);
    const send = (value: string) => publisher.publish([{ topic, messages: [{ value }] }], never);
    const read: string[] = [];
    const reader = new TopicReader({
      ...{ kafka: client(), brokers: [network.brokers], topic: topicOf('read', kind).topic, logger: silent },
      onRecords: (_, records) => {
        for (const { value } of records) read.push(String(value));
      },
    });
    reader.start();
    t.after(() => reader.close());
    await reader.caughtUp;
    await send('before');

    spoil(kind);
    const sender = new TopicSender({
      ...{ kafka: kafkaClient(network.broker.brokers), brokers: [], topic: topicOf('read', kind).topic },
    });
    t.after(() => sender.close());
    await Promise.all([send('after'), sender.send([{ value: 'written' }])]);
    await eventually('it is read', () => read.length > 0, deadline);
    assert.deepEqual(read, ['written']);
    const sent = await values(topic);
    assert.deepEqual([sent[0], sent.at(-1)], ['before', 'after']);
    assert.equal(reader.isStalled || publisher.isStalled, false);
  });
}
