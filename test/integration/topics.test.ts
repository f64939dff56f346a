import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import kafkajs from 'kafkajs';
import { describe } from '../../src/common/errors.ts';
import { ensureTopics, type TopicName } from '../../src/common/kafka/topics.ts';
import { persist } from '../../src/common/persist.ts';
import type { KafkaSettings } from '../../src/common/settings/fragments.ts';
import { brokerOfFile } from '../helpers/broker-of-file.ts';
import { topicPrefix } from '../helpers/topic-prefix.ts';
import { kafkaClient, kafkaSettings, silent } from '../helpers/topics.ts';

const broker = brokerOfFile();

async function admin(t: TestContext) {
  const client = kafkaClient(broker.brokers).admin();
  await client.connect();
  t.after(() => client.disconnect());
  return client;
}

/** As the programs do: a broker says for a moment that a topic does not exist which it has just made. */
function ensured(client: kafkajs.Admin, settings: KafkaSettings, names: readonly TopicName[]): Promise<void> {
  return persist(() => ensureTopics(client, settings, names), {
    what: 'preparing the topics',
    logger: silent,
    signal: AbortSignal.timeout(20_000),
  });
}

test('missing topics are created with the right clean-up, timestamps and partitions', async (t) => {
  const prefix = topicPrefix(t, broker.brokers);
  const client = await admin(t);
  const settings = kafkaSettings(broker.brokers, prefix, '--topic-partitions', '3');
  await ensured(client, settings, ['events', 'report']);
  await ensured(client, settings, ['events', 'report']);

  const { topics } = await client.fetchTopicMetadata({ topics: [`${prefix}.events`, `${prefix}.report`] });
  assert.deepEqual(
    topics.map(({ partitions }) => partitions.length),
    [3, 3],
  );
  const { resources } = await client.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: `${prefix}.report` }],
  });
  const values = new Map(
    resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]),
  );
  assert.equal(values.get('cleanup.policy'), 'compact');
  assert.equal(values.get('message.timestamp.type'), 'CreateTime');
});

for (const [what, name, config, message] of [
  [
    'deletes the report',
    'report',
    ['cleanup.policy', 'delete'],
    /cleanup\.policy=delete, it must be compact/,
  ],
  [
    'compacts the events',
    'events',
    ['cleanup.policy', 'compact'],
    /cleanup\.policy=compact, it must be delete/,
  ],
  ['overwrites timestamps', 'report', ['message.timestamp.type', 'LogAppendTime'], /it must be CreateTime/],
] as const) {
  test(`a topic that ${what} is refused with its name and the remedy`, async (t) => {
    const prefix = topicPrefix(t, broker.brokers);
    const client = await admin(t);
    const other =
      name === 'report' && config[0] !== 'cleanup.policy'
        ? [{ name: 'cleanup.policy', value: 'compact' }]
        : [];
    await client.createTopics({
      waitForLeaders: false,
      topics: [
        {
          topic: `${prefix}.${name}`,
          numPartitions: 6,
          configEntries: [{ name: config[0], value: config[1] }, ...other],
        },
      ],
    });
    await assert.rejects(
      ensured(client, kafkaSettings(broker.brokers, prefix), ['events', 'report']),
      (error) => {
        assert.match(describe(error), message);
        assert.match(describe(error), new RegExp(`${prefix}\\.${name} .*kafka-configs --alter`));
        return true;
      },
    );
  });
}

test('events and report with different numbers of partitions are refused', async (t) => {
  const prefix = topicPrefix(t, broker.brokers);
  const client = await admin(t);
  await client.createTopics({
    waitForLeaders: false,
    topics: [{ topic: `${prefix}.events`, numPartitions: 2 }],
  });
  await assert.rejects(ensured(client, kafkaSettings(broker.brokers, prefix), ['events', 'report']), {
    code: 'TOPIC_MISMATCH',
    retriable: false,
    message: new RegExp(`${prefix}\\.events has 2 partitions, but ${prefix}\\.report has 6`),
  });
});

test('more replicas than brokers are refused by name, and may work later', async (t) => {
  const prefix = topicPrefix(t, broker.brokers);
  const settings = kafkaSettings(broker.brokers, prefix, '--topic-replication', '3');
  await assert.rejects(ensureTopics(await admin(t), settings, ['events']), {
    code: 'TOPIC_REFUSED',
    retriable: true,
    remedy: /PORT_TICKER_TOPIC_REPLICATION/,
  });
});
