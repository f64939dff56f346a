import kafkajs from 'kafkajs';
import { AvroCodec } from '../../src/common/avro.ts';
import type { ControlCommand, ControlResult, SensorStatus } from '../../src/common/control/records.ts';
import type { TopicRecord } from '../../src/common/kafka/cluster.ts';
import { TopicReader } from '../../src/common/kafka/reader.ts';
import type { Cleanup } from './cleanup.ts';
import { commandCodec, sensorStatus } from './commands.ts';
import { topicPrefix } from './topic-prefix.ts';
import { kafkaClient, makeTopics, silent } from './topics.ts';

const topicNames = ['events', 'report', 'control', 'control-results', 'config', 'sensors'] as const;

type Answer = Partial<ControlResult>;

/** The far side of the control topics as a client sees it: it answers what it is told to, over a real broker. */
export interface ControlDouble {
  /** Arguments that lead ticker_ctl to it. */
  args: string[];
  prefix: string;
  /** The commands that have arrived, in their order. */
  commands: ControlCommand[];
  /** Their records. */
  records: TopicRecord[];
  /** A sensor's status, published so many ms ago. */
  says(status: Partial<SensorStatus>, age?: number): Promise<void>;
}

/** `answer` names what is answered to a command, in this order. Ends with the test. */
export async function controlDouble(
  t: Cleanup,
  brokers: string,
  answer: (command: ControlCommand) => Answer[] = () => [],
): Promise<ControlDouble> {
  const prefix = topicPrefix(t, brokers);
  await makeTopics(brokers, prefix, topicNames);
  const kafka = kafkaClient(brokers);
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  t.after(() => producer.disconnect());
  const results = new AvroCodec<ControlResult>('control-result');
  const statuses = new AvroCodec<SensorStatus>('sensor-status');
  const commands: ControlCommand[] = [];
  const arrived: TopicRecord[] = [];

  const take = async (record: TopicRecord) => {
    if (record.value === null) return;
    const command = await commandCodec.decode(record.value);
    commands.push(command);
    arrived.push(record);
    const messages = answer(command).map((given) => ({
      key: command.id,
      value: results.encode(resultOf(command, given)),
    }));
    if (messages.length > 0) await producer.send({ topic: `${prefix}.control-results`, acks: -1, messages });
  };
  const reader = new TopicReader({
    kafka,
    brokers: [brokers],
    topic: `${prefix}.control`,
    logger: silent,
    onRecords: async (_, records) => {
      for (const record of records) await take(record);
    },
  });
  reader.start();
  t.after(() => reader.close());

  return {
    args: ['--brokers', brokers, '--topic-prefix', prefix],
    prefix,
    commands,
    records: arrived,
    async says(changed, age = 0) {
      const time = Date.now() - age;
      const status = sensorStatus({ time, startedAt: time - 60_000, ...changed });
      const messages = [{ key: status.sensor, value: statuses.encode(status), timestamp: String(time) }];
      await producer.send({ topic: `${prefix}.sensors`, acks: -1, messages });
    },
  };
}

/** What the consumer and then each of the sensors answer when all is well. */
export function applied(...sensors: string[]): Answer[] {
  return [{ status: 'ACCEPTED' }, ...sensors.map((sensor): Answer => ({ sensor, status: 'APPLIED' }))];
}

function resultOf(command: ControlCommand, given: Answer): ControlResult {
  return {
    commandId: command.id,
    sensor: null,
    status: 'UNKNOWN',
    reason: null,
    configVersion: null,
    time: Date.now(),
    explanation: null,
    ...given,
  };
}
