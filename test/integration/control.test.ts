import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ControlResult } from '../../src/common/control/records.ts';
import { brokerOfFile } from '../helpers/broker-of-file.ts';
import { controlCommand, sensorStatus } from '../helpers/commands.ts';
import { ControlTopicsOfTest } from '../helpers/control-topics.ts';

const broker = brokerOfFile();

/** Topics of its own, and consumers on them. */
async function scene(t: TestContext) {
  const topics = await ControlTopicsOfTest.create(t, broker.brokers);
  return { topics, consumer: (more?: Record<string, string>) => topics.consumer(t, more) };
}

function statusesOf(results: readonly ControlResult[]): (string | undefined)[][] {
  return results.map(({ commandId, status }) => [commandId, status]);
}

test('a command is answered and in the configuration, in one transaction', async (t) => {
  const { topics, consumer } = await scene(t);
  await consumer();
  const threshold = controlCommand({ threshold: 200 });
  const ignore = controlCommand({ command: 'ignore-add', prefixes: ['192.0.2.0/24', '2001:db8::1'] });
  await topics.send(threshold, ignore);
  const results = await topics.answered(2);
  assert.deepEqual(statusesOf(results), [
    [threshold.id, 'ACCEPTED'],
    [ignore.id, 'ACCEPTED'],
  ]);
  const config = (await topics.configs()).get('edge1');
  assert.equal(config?.threshold?.value, 200);
  assert.equal(config.version, results[1]?.configVersion);
  assert.deepEqual(
    config.commands.map(({ id }) => id),
    [threshold.id, ignore.id],
  );
  assert.deepEqual(
    [...(await topics.prefixes()).keys()],
    ['edge1/ignore/192.0.2.0/24', 'edge1/ignore/2001:db8::1/128'],
  );
});

test('what is sent while no consumer runs is folded when one does, and ids are known across restarts', async (t) => {
  const { topics, consumer } = await scene(t);
  const first = controlCommand({ threshold: 1 });
  await topics.send(first);
  const one = await consumer();
  await topics.answered(1);
  assert.equal(await one.stop(), 0);

  const second = controlCommand({ threshold: 2 });
  await topics.send(first, second);
  await consumer();
  assert.deepEqual(statusesOf(await topics.answered(3)), [
    [first.id, 'ACCEPTED'],
    [first.id, 'DUPLICATE'],
    [second.id, 'ACCEPTED'],
  ]);
  const config = (await topics.configs()).get('edge1');
  assert.deepEqual(
    config?.commands.map(({ id }) => id),
    [first.id, second.id],
  );
});

test('records that nobody can be answered about are skipped, and not read again after a restart', async (t) => {
  const { topics, consumer } = await scene(t);
  const one = await consumer();
  await topics.writeAll([null, '', 'garbage', Buffer.alloc(900_000, 0xa7), Buffer.from([0, 0, 0, 0, 9, 1])]);
  await one.program.says(/unreadable control record at offset 0: the record is empty/);
  await topics.send(controlCommand({ threshold: 1 }));
  await topics.answered(1);
  assert.equal(await one.stop(), 0);

  const two = await consumer();
  await topics.send(controlCommand({ threshold: 2 }));
  await topics.answered(2);
  assert.doesNotMatch(two.program.stdout, /unreadable/);
});

test('what a sensor that is alive says of itself decides about commands to it', async (t) => {
  const { topics, consumer } = await scene(t);
  const service = await consumer();
  await topics.say(sensorStatus({ time: Date.now() }));
  await service.until('the sensor is known', async () =>
    (await service.get('/api/sensors')).includes('edge1'),
  );
  await topics.send(controlCommand({ command: 'attach', device: 'eht0' }));
  const [result] = await topics.answered(1);
  assert.equal(result?.status, 'REJECTED');
  assert.equal(result.reason, 'edge1 has no device "eht0" – it has lo, eth0, eth1');
});

test('/api/sensors has every sensor as it may be believed now, with how old that is', async (t) => {
  const { topics, consumer } = await scene(t);
  const minuteAgo = Date.now() - 60_000;
  await topics.say(
    sensorStatus({ sensor: 'silent', time: minuteAgo }),
    sensorStatus({ sensor: 'stopped', time: minuteAgo, state: 'STOPPED' }),
    sensorStatus({ sensor: 'talking', time: Date.now() }),
  );
  const service = await consumer();
  const sensors = async () => {
    const { sensors: all }: { sensors: { sensor: string; state: string; age: number }[] } = JSON.parse(
      await service.get('/api/sensors'),
    );
    return all;
  };
  await service.until('all are known', async () => (await sensors()).length === 3);
  const states = async () => (await sensors()).map(({ sensor, state }) => `${sensor} ${state}`);
  assert.deepEqual(await states(), ['silent UNKNOWN', 'stopped STOPPED', 'talking RUNNING']);
  const [silent, , talking] = await sensors();
  assert.ok((silent?.age ?? 0) >= 60 && (talking?.age ?? 99) < 30, `${silent?.age}, ${talking?.age}`);

  await topics.say(sensorStatus({ sensor: 'silent', time: minuteAgo + 1 }));
  await service.until('a sensor whose clock is slow is heard', async () =>
    (await states()).includes('silent RUNNING'),
  );
});
