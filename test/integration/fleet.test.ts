import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AvroCodec } from '../../src/common/avro.ts';
import type { ControlCommand, ControlResult, SensorStatus } from '../../src/common/control/records.ts';
import { createKafka } from '../../src/common/kafka/client.ts';
import { TopicReader } from '../../src/common/kafka/reader.ts';
import { createChannels } from '../../src/producer/channels.ts';
import { brokerOfFile } from '../helpers/broker-of-file.ts';
import { type Cleanup, lastFirst } from '../helpers/cleanup.ts';
import { controlCommand } from '../helpers/commands.ts';
import { eventually } from '../helpers/eventually.ts';
import { isFull } from '../helpers/full.ts';
import { Service } from '../helpers/service.ts';
import { SimulatedSensor } from '../helpers/simulated-sensor.ts';
import { topicPrefix } from '../helpers/topic-prefix.ts';
import { kafkaClient, kafkaSettings, recordWriter, silent } from '../helpers/topics.ts';

const fleetChild = fileURLToPath(new URL('../helpers/fleet-child.ts', import.meta.url));
const fleetSize = isFull ? 1000 : 100;
const processes = 2;

const broker = brokerOfFile();

test(`${fleetSize} sensors answer a command to all within 10 s, and one that joins later has it`, async (t) => {
  const cleanup = lastFirst(t);
  const { brokers } = broker;
  const prefix = topicPrefix(cleanup, brokers);
  const consumer = new Service(cleanup, 'consumer', { KAFKA_BROKERS: brokers, TOPIC_PREFIX: prefix });
  await consumer.ready();
  const began = performance.now();
  const share = fleetSize / processes;
  const fleet = Array.from({ length: processes }, (_, n) => startFleet(cleanup, prefix, n * share, share));
  await Promise.all(fleet.map(({ ready }) => ready));
  const known = async (): Promise<SensorStatus[]> => {
    const text = await consumer.get('/api/sensors');
    return text === '' ? [] : JSON.parse(text).sensors;
  };
  await consumer.until('all are known', async () => (await known()).length === fleetSize, 60_000);
  t.diagnostic(`${fleetSize} sensors started in ${Math.round(performance.now() - began)} ms`);

  const answers = followAnswers(cleanup, prefix);
  await answers.reader.caughtUp;
  const { producer } = await recordWriter(t, brokers, prefix);
  const command = controlCommand({ sensor: '*', command: 'set-threshold', threshold: 77 });
  const sent = performance.now();
  await producer.send({
    topic: `${prefix}.control`,
    acks: -1,
    messages: [{ key: '*', value: encoded(command) }],
  });
  await eventually('all have answered', () => answers.applied(command.id) === fleetSize, 60_000);
  const took = Math.round(performance.now() - sent);
  t.diagnostic(`all have answered in ${took} ms`);
  assert.ok(took < 10_000, `it took ${took} ms`);

  const settings = kafkaSettings(brokers, prefix);
  const late = new SimulatedSensor(
    'late',
    () => createKafka(settings, silent, 'late'),
    settings.kafka.brokers,
    createChannels(settings),
  );
  cleanup.after(() => late.close());
  await late.start();
  assert.equal(late.kernel.numbers.threshold, 77);
  await consumer.until('all say so', async () => {
    const statuses = await known();
    return statuses.length === fleetSize + 1 && statuses.every(({ threshold }) => threshold === 77);
  });
  assert.equal(answers.applied(command.id), fleetSize, 'one that was not there has answered');
  for (const { end } of fleet) {
    const [memory, time] = (await end()).split(' ');
    t.diagnostic(`${share} sensors: ${memory} MiB, ${time} ms of processor time`);
  }
});

function encoded(command: ControlCommand): Buffer {
  return new AvroCodec<ControlCommand>('control-command').encode(command);
}

/** A process with so many sensors; `end` returns what it has used. */
function startFleet(t: Cleanup, prefix: string, first: number, count: number) {
  const args = [fleetChild, broker.brokers, prefix, String(first), String(count)];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const exited = once(child, 'exit');
  return {
    ready: eventually('the fleet is ready', () => output.includes('ready\n'), 240_000),
    end: async (): Promise<string> => {
      child.stdin?.end();
      await exited;
      return output.replace('ready\n', '').trim();
    },
  };
}

function followAnswers(t: Cleanup, prefix: string) {
  const codec = new AvroCodec<ControlResult>('control-result');
  const sensors = new Map<string, Set<string>>();
  const reader = new TopicReader({
    kafka: kafkaClient(broker.brokers),
    brokers: [broker.brokers],
    topic: `${prefix}.control-results`,
    logger: silent,
    onRecords: async (_, records) => {
      for (const { value } of records) {
        if (value === null) continue;
        const { commandId, sensor, status } = await codec.decode(value);
        if (sensor === null || status !== 'APPLIED') continue;
        sensors.set(commandId, (sensors.get(commandId) ?? new Set()).add(sensor));
      }
    },
  });
  reader.start();
  t.after(() => reader.close());
  return { reader, applied: (id: string) => sensors.get(id)?.size ?? 0 };
}
