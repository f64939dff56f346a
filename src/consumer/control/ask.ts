import type { Kafka } from 'kafkajs';
import { allSensors, type ControlCommand, type ControlResult } from '../../common/control/records.ts';
import { TopicCluster } from '../../common/kafka/cluster.ts';
import { kafkaProblem } from '../../common/kafka/problem.ts';
import { TopicSender } from '../../common/kafka/sender.ts';
import type { KnownSensors } from './sensors.ts';
import type { ControlTopics } from './topics.ts';

/** What the sensors that are there have to answer in; ms. */
const patience = 10_000;

interface Options {
  kafka: Kafka;
  brokers: readonly string[];
  topics: Pick<ControlTopics, 'control' | 'results'>;
  sensors: Pick<KnownSensors, 'statuses' | 'isAlive'>;
}

/** How a command has gone so far. */
export interface Answers {
  /** Of the consumer (sensor null) and of sensors, in their order. */
  results: ControlResult[];
  /** Sensors that have not answered. */
  missing: string[];
}

/** Sends commands as anybody does, through the control topic, and collects the answers. */
export class Asker {
  readonly #options: Options;
  readonly #sender: TopicSender;

  constructor(options: Options) {
    const { kafka, brokers, topics } = options;
    this.#options = options;
    this.#sender = new TopicSender({ kafka, brokers, topic: topics.control.topic });
  }

  /** The command goes as JSON: for this there is no schema to register. Throws KAFKA_…, TOPIC_MISSING and SILENT. */
  async ask(command: ControlCommand): Promise<Answers> {
    const { kafka, brokers, topics } = this.#options;
    const expected = this.#addressees(command.sensor);
    try {
      const cluster = await TopicCluster.open(kafka, topics.results.topic);
      try {
        const end = await cluster.offsets('end');
        await this.#sender.send([
          { key: command.sensor, value: JSON.stringify(withoutNull(command)), partition: 0 },
        ]);
        return await this.#collect(cluster, end, command.id, expected);
      } finally {
        await cluster.close();
      }
    } catch (error) {
      throw kafkaProblem(error, brokers, { topic: topics.results.topic });
    }
  }

  async close(): Promise<void> {
    await this.#sender.close();
  }

  #addressees(sensor: string): string[] {
    const { sensors } = this.#options;
    const ids = Array.from(sensors.statuses(), (status) => status.sensor);
    return ids.filter((id) => (sensor === allSensors || id === sensor) && sensors.isAlive(id));
  }

  /** Until everybody has answered, or the consumer has refused, or the time is over. */
  async #collect(
    cluster: TopicCluster,
    from: ReadonlyMap<number, bigint>,
    id: string,
    expected: readonly string[],
  ): Promise<Answers> {
    const positions = new Map(from);
    const results: ControlResult[] = [];
    const missing = new Set(expected);
    const end = Date.now() + patience;
    while (Date.now() < end) {
      for (const { partition, records, next } of await cluster.fetch(positions)) {
        positions.set(partition, next);
        for (const { value } of records) results.push(...(await this.#own(value, id)));
      }
      for (const { sensor } of results) if (sensor !== null) missing.delete(sensor);
      const verdict = results.find(({ sensor }) => sensor === null)?.status;
      if (verdict !== undefined && (verdict !== 'ACCEPTED' || missing.size === 0)) break;
    }
    return { results, missing: [...missing] };
  }

  /** None when the record is about another command, or cannot be read: then it is of no use here. */
  async #own(value: Buffer | null, id: string): Promise<ControlResult[]> {
    if (value === null) return [];
    const result = await this.#options.topics.results.result.decode(value).catch(() => undefined);
    return result?.commandId === id ? [result] : [];
  }
}

function withoutNull(command: ControlCommand): Partial<ControlCommand> {
  return Object.fromEntries(Object.entries(command).filter(([, value]) => value !== null));
}
