import type { TestContext } from 'node:test';
import kafkajs, { type IHeaders } from 'kafkajs';
import { AvroCodec } from '../../src/common/avro.ts';
import type {
  ControlCommand,
  ControlResult,
  IgnorePrefix,
  SensorConfig,
  SensorStatus,
} from '../../src/common/control/records.ts';
import type { RecordHeaders } from '../../src/common/kafka/cluster.ts';
import { readToEnd } from '../../src/common/kafka/reader.ts';
import { prepareTopics } from '../../src/common/kafka/topics.ts';
import { commandCodec } from './commands.ts';
import { eventually } from './eventually.ts';
import { persistently } from './persistently.ts';
import { Service } from './service.ts';
import { topicPrefix } from './topic-prefix.ts';
import { kafkaClient, kafkaSettings } from './topics.ts';

const names = ['events', 'report', 'control', 'control-results', 'config', 'sensors'] as const;

/** The topics of the control plane as operators and sensors meet them, for one test. */
export class ControlTopicsOfTest {
  readonly prefix: string;
  readonly brokers: string;
  readonly #producer;
  readonly #results = new AvroCodec<ControlResult>('control-result');
  readonly #configs = new AvroCodec<SensorConfig>('sensor-config');
  readonly #prefixes = new AvroCodec<IgnorePrefix>('ignore-prefix');
  readonly #statuses = new AvroCodec<SensorStatus>('sensor-status');

  static async create(t: TestContext, brokers: string): Promise<ControlTopicsOfTest> {
    const topics = new ControlTopicsOfTest(topicPrefix(t, brokers), brokers);
    const settings = kafkaSettings(brokers, topics.prefix);
    await persistently(() => prepareTopics(kafkaClient(brokers), settings, names));
    await topics.#producer.connect();
    t.after(() => topics.#producer.disconnect());
    return topics;
  }

  private constructor(prefix: string, brokers: string) {
    this.prefix = prefix;
    this.brokers = brokers;
    this.#producer = kafkaClient(brokers).producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
    });
  }

  /** A consumer on these topics, ready, with settings of its own. */
  async consumer(t: TestContext, more: Record<string, string> = {}): Promise<Service> {
    const settings = { KAFKA_BROKERS: this.brokers, TOPIC_PREFIX: this.prefix, ...more };
    const consumer = new Service(t, 'consumer', settings);
    await consumer.ready();
    return consumer;
  }

  /** Appends one record of any kind to the control topic. */
  async write(value: Buffer | string | null, { key, headers }: { key?: string; headers?: IHeaders } = {}) {
    const message = { key: key ?? null, value, ...(headers === undefined ? {} : { headers }) };
    await this.#producer.send({ topic: `${this.prefix}.control`, acks: -1, messages: [message] });
  }

  /** Appends many in one go. */
  async writeAll(values: readonly (Buffer | string | null)[]): Promise<void> {
    const messages = values.map((value) => ({ value }));
    await this.#producer.send({ topic: `${this.prefix}.control`, acks: -1, messages });
  }

  async send(...commands: ControlCommand[]): Promise<void> {
    await this.writeAll(commands.map((command) => commandCodec.encode(command)));
  }

  /** Statuses as sensors publish them, at their `time`. */
  async say(...statuses: SensorStatus[]): Promise<void> {
    const messages = statuses.map((status) => ({
      key: status.sensor,
      value: this.#statuses.encode(status),
      timestamp: String(status.time),
    }));
    await this.#producer.send({ topic: `${this.prefix}.sensors`, acks: -1, messages });
  }

  /** All answers, in their order. */
  async results(): Promise<ControlResult[]> {
    const results: ControlResult[] = [];
    await readToEnd(kafkaClient(this.brokers), `${this.prefix}.control-results`, async (_, records) => {
      for (const { value } of records) if (value !== null) results.push(await this.#results.decode(value));
    });
    return results;
  }

  /** Waits until there are so many answers. */
  async answered(count: number, deadline = 20_000): Promise<ControlResult[]> {
    let results: ControlResult[] = [];
    await eventually(
      `there are ${count} answers`,
      async () => {
        results = await this.results();
        return results.length >= count;
      },
      deadline,
    );
    return results;
  }

  /** Writes a configuration record as whoever can write the topic may. */
  async forgeConfig(config: SensorConfig): Promise<void> {
    const messages = [{ key: config.sensor, value: this.#configs.encode(config) }];
    await this.#producer.send({ topic: `${this.prefix}.config`, acks: -1, messages });
  }

  /** All configuration records, in their order. */
  async configRecords(): Promise<{ key: string; value: Buffer; headers: RecordHeaders }[]> {
    const all: { key: string; value: Buffer; headers: RecordHeaders }[] = [];
    await readToEnd(kafkaClient(this.brokers), `${this.prefix}.config`, (_, records) => {
      for (const { key, value, headers } of records) {
        if (value !== null) all.push({ key: key?.toString() ?? '', value, headers });
      }
    });
    return all;
  }

  /** The newest configuration records by key. */
  async configs(): Promise<Map<string, SensorConfig>> {
    const configs = new Map<string, SensorConfig>();
    for (const { key, value } of await this.configRecords()) {
      if (!key.includes('/')) configs.set(key, await this.#configs.decode(value));
    }
    return configs;
  }

  /** The newest ignore records by key. */
  async prefixes(): Promise<Map<string, IgnorePrefix>> {
    const prefixes = new Map<string, IgnorePrefix>();
    for (const { key, value } of await this.configRecords()) {
      if (key.includes('/ignore/')) prefixes.set(key, await this.#prefixes.decode(value));
    }
    return prefixes;
  }
}
