import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlCommand } from '../../src/common/control/records.ts';
import { Folder } from '../../src/consumer/control/folder.ts';
import { SignatureGuard } from '../../src/consumer/control/guard.ts';
import { KnownSensors } from '../../src/consumer/control/sensors.ts';
import { Tally } from '../../src/consumer/control/tally.ts';
import { controlTopics } from '../../src/consumer/control/topics.ts';
import { brokerOfFile } from '../helpers/broker-of-file.ts';
import { controlCommand, controlRecord } from '../helpers/commands.ts';
import { ControlTopicsOfTest } from '../helpers/control-topics.ts';
import { eventually } from '../helpers/eventually.ts';
import { isFull } from '../helpers/full.ts';
import { persistently } from '../helpers/persistently.ts';
import { Service } from '../helpers/service.ts';
import { kafkaClient, kafkaSettings, silent } from '../helpers/topics.ts';

const kills = isFull ? 20 : 3;
const commandCount = 200;

const broker = brokerOfFile();

/** Two consumers on topics of their own. */
async function pair(t: TestContext) {
  const topics = await ControlTopicsOfTest.create(t, broker.brokers);
  const start = async () => {
    const settings = { KAFKA_BROKERS: broker.brokers, TOPIC_PREFIX: topics.prefix };
    const consumer = new Service(t, 'consumer', settings);
    await consumer.ready();
    return consumer;
  };
  return { topics, start, services: await Promise.all([start(), start()]) };
}

/** The one that owns the control partition now, by its own word. */
async function folding(services: readonly Service[]): Promise<Service> {
  let found: Service | undefined;
  await eventually(
    'one consumer folds',
    () => {
      found = services.find(({ program }) => {
        const said = program.stdout.match(/reading partitions (0|none) of [\w-]+\.control/g)?.at(-1);
        return program.isRunning && said?.includes(' 0 of ') === true;
      });
      return found !== undefined;
    },
    30_000,
  );
  assert.ok(found !== undefined);
  return found;
}

/** Thresholds and prefixes in turn, each its own. */
function manyCommands(): ControlCommand[] {
  return Array.from({ length: commandCount }, (_, index) =>
    index % 2 === 0
      ? controlCommand({ threshold: index })
      : controlCommand({ command: 'ignore-add', prefixes: [`10.0.${index}.0/24`] }),
  );
}

/** Sends them one by one, so that a moment chosen at random is between any steps of folding. */
async function drip(topics: ControlTopicsOfTest, commands: readonly ControlCommand[]): Promise<void> {
  for (const command of commands) {
    await topics.send(command);
    await sleep(randomInt(30));
  }
}

/** Every command has exactly one answer, and all of them together are the configuration. */
async function assertWhole(topics: ControlTopicsOfTest, commands: readonly ControlCommand[]): Promise<void> {
  const results = await topics.answered(commands.length, 60_000);
  assert.deepEqual(
    results.map(({ commandId, status }) => [commandId, status]),
    commands.map(({ id }) => [id, 'ACCEPTED']),
  );
  const config = (await topics.configs()).get('edge1');
  const last = results.at(-1)?.configVersion;
  assert.equal(config?.version, last);
  assert.equal(config?.threshold?.value, commandCount - 2);
  assert.deepEqual(
    config.commands.map(({ id }) => id),
    commands.map(({ id }) => id),
  );
  assert.equal((await topics.prefixes()).size, commandCount / 2);
}

test(`the folding consumer is killed ${kills} times while commands arrive: each has exactly one answer`, async (t) => {
  const { topics, start, services } = await pair(t);
  const commands = manyCommands();
  const share = Math.ceil(commandCount / kills);
  for (let round = 0; round < kills; round += 1) {
    const victim = await folding(services);
    const sent = drip(topics, commands.slice(round * share, (round + 1) * share));
    await sleep(randomInt(share * 15));
    await victim.crash();
    services.splice(services.indexOf(victim), 1, await start());
    await sent;
  }
  await assertWhole(topics, commands);
});

test('the folding consumer is paused until another has taken over: when it goes on, it spoils nothing', async (t) => {
  const { topics, services } = await pair(t);
  const commands = manyCommands();
  const paused = await folding(services);
  const sent = drip(topics, commands);
  await sleep(randomInt(1_000));
  paused.program.kill('SIGSTOP');
  const others = services.filter((service) => service !== paused);
  const successor = await folding(others);
  await sent;
  await eventually('the successor folds', async () => (await topics.results()).length >= commandCount / 2);
  paused.program.kill('SIGCONT');
  await assertWhole(topics, commands);
  await paused.ready();
  assert.equal((await folding(services)).program.isRunning, true);
  assert.equal(successor.program.isRunning, true);
});

test('once its successor is opened, a folder can write nothing any more', async (t) => {
  const topics = await ControlTopicsOfTest.create(t, broker.brokers);
  const open = await folderOpener(t, topics.prefix);
  const commands = [1, 2, 3].map((threshold) => controlCommand({ threshold }));
  await topics.send(...commands);
  const records = commands.map((command, offset) => controlRecord(command, { offset }));
  const predecessor = await persistently(open);
  await predecessor.fold(records.slice(0, 1), async () => undefined);
  const successor = await persistently(open);
  await assert.rejects(predecessor.fold(records.slice(1), async () => undefined));
  await successor.fold(records, async () => undefined);
  assert.deepEqual(
    (await topics.results()).map(({ commandId, status }) => [commandId, status]),
    commands.map(({ id }) => [id, 'ACCEPTED']),
  );
});

test('a control topic that was made anew is named, with what to delete', async (t) => {
  const topics = await ControlTopicsOfTest.create(t, broker.brokers);
  const open = await folderOpener(t, topics.prefix);
  const folder = await persistently(open);
  await folder.fold([controlRecord(controlCommand({ threshold: 1 }), { offset: 7 })], async () => undefined);
  await assert.rejects(open(), {
    code: 'TOPIC_MISMATCH',
    message: /control ends at offset 0, but .*config has version 7/,
    remedy: /delete .*config/,
  });
});

const noLetters = { setAside: async () => undefined };

/** Folders as a consumer opens them. */
async function folderOpener(t: TestContext, prefix: string): Promise<() => Promise<Folder>> {
  const kafka = kafkaClient(broker.brokers);
  const topics = controlTopics(kafkaSettings(broker.brokers, prefix), null);
  const sensors = new KnownSensors({
    kafka,
    brokers: [broker.brokers],
    topic: topics.sensors.topic,
    codec: topics.sensors.status,
    deadLetters: noLetters,
    isOwner: () => false,
    logger: silent,
  });
  sensors.start();
  t.after(() => sensors.close());
  const guard = new SignatureGuard({
    mode: 'off',
    keys: null,
    signer: null,
    controlTopic: topics.control.topic,
    configTopic: topics.config.topic,
    logger: silent,
  });
  return async () => {
    const folder = await Folder.open({
      kafka,
      groupId: `${prefix}.control`,
      transactionalId: `${prefix}.fold`,
      topics,
      sensors,
      guard,
      signer: null,
      tally: new Tally(silent),
      deadLetters: noLetters,
      logger: silent,
    });
    t.after(() => folder.close());
    return folder;
  };
}
