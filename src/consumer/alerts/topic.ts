import type { Message } from 'kafkajs';
import { kafkaProblem } from '../../common/kafka/problem.ts';
import { readToEnd } from '../../common/kafka/reader.ts';
import { type SenderOptions, TopicSender } from '../../common/kafka/sender.ts';
import type { Alert } from './alert.ts';
import { ecsDocument } from './ecs.ts';
import { ocsfDocument } from './ocsf.ts';
import { headersOf, type Told, toldOf } from './told.ts';

export type AlertFormat = 'ecs' | 'ocsf';

const documents: Readonly<Record<AlertFormat, (alert: Alert, now: number) => object>> = {
  ecs: ecsDocument,
  ocsf: ocsfDocument,
};

interface Options extends SenderOptions {
  format: AlertFormat;
}

/**
 * The topic of alerts. The headers of a record hold what was told, so that what has been alerted can be read from it
 * whatever format the bodies have.
 */
export class AlertTopic {
  readonly #options: Options;
  readonly #sender: TopicSender;

  constructor(options: Options) {
    this.#options = options;
    this.#sender = new TopicSender(options);
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

  /** Resolves when all in-sync replicas have the alerts. Throws KAFKA_… and SILENT. */
  async send(alerts: readonly Alert[], now: number): Promise<void> {
    await this.#sender.send(alerts.map((alert) => this.#message(alert, now)));
  }

  async close(): Promise<void> {
    await this.#sender.close();
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
}
