import kafkajs, { type Kafka, type Message, type Producer } from 'kafkajs';
import { kafkaProblem } from '../../common/kafka/problem.ts';
import { readToEnd } from '../../common/kafka/reader.ts';
import type { Alert } from './alert.ts';
import { ecsDocument } from './ecs.ts';
import { ocsfDocument } from './ocsf.ts';
import { headersOf, type Told, toldOf } from './told.ts';

export type AlertFormat = 'ecs' | 'ocsf';

const documents: Readonly<Record<AlertFormat, (alert: Alert, now: number) => object>> = {
  ecs: ecsDocument,
  ocsf: ocsfDocument,
};

interface Options {
  kafka: Kafka;
  /** For messages. */
  brokers: readonly string[];
  topic: string;
  format: AlertFormat;
}

/**
 * The topic of alerts. The headers of a record hold what was told, so that what has been alerted can be read from it
 * whatever format the bodies have.
 */
export class AlertTopic {
  readonly #options: Options;
  #producer: Producer | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  /** What has been told since a time, ms since 1970. Throws KAFKA_…. */
  async read(since: number): Promise<Told[]> {
    const { kafka, brokers, topic } = this.#options;
    const all: Told[] = [];
    const take = (_: number, records: readonly { headers: Parameters<typeof toldOf>[0] }[]) => {
      for (const { headers } of records) {
        const told = toldOf(headers);
        if (told !== undefined) all.push(told);
      }
    };
    try {
      await readToEnd(kafka, topic, take, since);
    } catch (error) {
      throw kafkaProblem(error, brokers, { topic });
    }
    return all;
  }

  /** Resolves when all in-sync replicas have the alerts. Throws KAFKA_…; then the next call has a new producer. */
  async send(alerts: readonly Alert[], now: number): Promise<void> {
    const { topic, brokers } = this.#options;
    let producer: Producer | undefined;
    try {
      producer = await this.#connected();
      await producer.send({ topic, acks: -1, messages: alerts.map((alert) => this.#message(alert, now)) });
    } catch (error) {
      this.#producer = undefined;
      producer?.disconnect().catch(() => undefined); // it may hang: nobody waits for its goodbye
      throw kafkaProblem(error, brokers, { topic });
    }
  }

  async close(): Promise<void> {
    await this.#producer?.disconnect();
  }

  #message(alert: Alert, now: number): Message {
    const { id, action, severity, key, told } = alert;
    return {
      key,
      value: JSON.stringify(documents[this.#options.format](alert, now)),
      headers: { id, action, ...headersOf(told), severity: String(severity) },
      timestamp: String(now),
    };
  }

  async #connected(): Promise<Producer> {
    if (this.#producer !== undefined) return this.#producer;
    const producer = this.#options.kafka.producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
    });
    await producer.connect();
    this.#producer = producer;
    return producer;
  }
}
