import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import kafkajs, { type Message } from 'kafkajs';
import { createKafka } from '../../src/common/kafka/client.ts';
import { readToEnd } from '../../src/common/kafka/reader.ts';
import type { Logger } from '../../src/common/logger.ts';
import { Publisher } from '../../src/producer/publisher.ts';
import { brokerOfFile } from '../helpers/broker-of-file.ts';
import { controlCommand } from '../helpers/commands.ts';
import { ControlTopicsOfTest } from '../helpers/control-topics.ts';
import { eventually } from '../helpers/eventually.ts';
import { Service } from '../helpers/service.ts';
import { topicPrefix } from '../helpers/topic-prefix.ts';
import { kafkaClient, kafkaSettings, silent } from '../helpers/topics.ts';

const broker = brokerOfFile();

/** A topic, a publisher to it, and what that has warned of. */
async function scene(t: TestContext, config: Record<string, string>) {
  const topic = `${topicPrefix(t, broker.brokers)}.events`;
  const admin = kafkaClient(broker.brokers).admin();
  await admin.connect();
  t.after(() => admin.disconnect());
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
  const warnings: string[] = [];
  const logger: Logger = Object.assign(Object.create(silent), {
    warn: (line: string) => warnings.push(line),
  });
  const connect = () =>
    createKafka(kafkaSettings(broker.brokers, 'test'), silent, 'test', { retries: 1, firstPause: 20 });
  const publisher = new Publisher({ connect, brokers: [broker.brokers], logger });
  t.after(() => publisher.close());
  return {
    ...{ topic, publisher },
    send: (...messages: Message[]) =>
      publisher.publish([{ topic, messages }], AbortSignal.any([t.signal, AbortSignal.timeout(30_000)])),
    warns: (pattern: RegExp) =>
      eventually(`it warns ${pattern}`, () => warnings.some((line) => pattern.test(line))),
    async values(): Promise<string[]> {
      const all: string[] = [];
      await readToEnd(kafkaClient(broker.brokers), topic, (_, records) => {
        for (const { value } of records) all.push(String(value));
      });
      return all;
    },
    async configure(name: string, value: string): Promise<void> {
      await admin.alterConfigs({
        validateOnly: false,
        resources: [
          { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries: [{ name, value }] },
        ],
      });
    },
  };
}

test('one record that is too large holds up none of the others', async (t) => {
  const { send, values, warns } = await scene(t, { 'max.message.bytes': '1000' });
  const messages = Array.from({ length: 9 }, (_, index) => ({ key: 'k', value: String(index) }));
  const large = { key: 'large', value: 'x'.repeat(2_000) };
  assert.deepEqual(await send(...messages.slice(0, 4), large, ...messages.slice(4)), [large]);
  assert.deepEqual(
    await values(),
    messages.map(({ value }) => value),
  );
  await warns(/lost a record of 2000 bytes about large .*too large.*raise max\.message\.bytes/);
});

test('times that the brokers do not believe are named with the remedy; nothing is lost, and it goes on when that is done', async (t) => {
  const limit = 'message.timestamp.after.max.ms';
  const { send, warns, values, publisher, configure } = await scene(t, { [limit]: '1000' });
  const sent = send({ key: 'k', value: 'kept', timestamp: String(Date.now() + 7_200_000) });
  await warns(/refuses the times of records.*set this machine's clock/);
  assert.equal(publisher.isWorking, false);
  await configure(limit, '9000000');
  assert.deepEqual(await sent, []);
  assert.deepEqual(await values(), ['kept']);
});

test('a consumer whose folding is fenced takes it up again with a fresh producer', async (t) => {
  const topics = await ControlTopicsOfTest.create(t, broker.brokers);
  const settings = { KAFKA_BROKERS: broker.brokers, TOPIC_PREFIX: topics.prefix };
  const consumer = new Service(t, 'consumer', settings);
  await consumer.ready();
  await topics.send(controlCommand({ threshold: 1 }));
  await topics.answered(1);

  const rival = kafkaClient(broker.brokers).producer({
    ...{ transactionalId: `${topics.prefix}.fold`, idempotent: true, maxInFlightRequests: 1 },
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  await rival.connect();
  await (await rival.transaction()).abort();
  await rival.disconnect();
  await topics.send(controlCommand({ threshold: 2 }));
  const answers = await topics.answered(2, 30_000);
  assert.deepEqual(
    answers.map(({ status }) => status),
    ['ACCEPTED', 'ACCEPTED'],
  );
  assert.match(consumer.program.stdout, /consuming [\w-]+\.control: .*trying again/);
});
