import { Distribution, delayBounds } from '../distribution.ts';
import type { KafkaSettings } from '../settings/fragments.ts';
import { type TopicName, topicName } from './topics.ts';

/** What has become of the sends to a topic. */
interface Counts {
  topic: string;
  /** The topic's without the prefix. */
  name: TopicName;
  /** Requests that were acknowledged, and those that were not. */
  successes: number;
  failures: number;
  /** Records that were acknowledged. */
  records: number;
  /** When one was last acknowledged, ms since 1970; 0 before the first. */
  acknowledgedAt: number;
}

/** Counts what is sent to Kafka, by topic. */
export class SendTally {
  /** How long requests took that were acknowledged, s. */
  readonly durations = new Distribution(delayBounds);
  readonly #byTopic: ReadonlyMap<string, Counts>;

  /** All topics that are going to be sent to. */
  constructor(settings: Pick<KafkaSettings, 'topics'>, names: readonly TopicName[]) {
    const none = { successes: 0, failures: 0, records: 0, acknowledgedAt: 0 };
    const topics = names.map((name) => ({ topic: topicName(settings, name), name, ...none }));
    this.#byTopic = new Map(topics.map((counts) => [counts.topic, counts]));
  }

  /** A request was acknowledged that was begun at `since`, by performance.now(). Topics by their full names. */
  acknowledged(parts: readonly { topic: string; messages: { length: number } }[], since: number): void {
    this.durations.observe((performance.now() - since) / 1000);
    for (const { topic, messages } of parts) {
      const counts = this.#byTopic.get(topic);
      if (counts === undefined) continue;
      counts.successes += 1;
      counts.records += messages.length;
      counts.acknowledgedAt = Date.now();
    }
  }

  /** A request failed, or was refused. */
  failed(parts: readonly { topic: string }[]): void {
    for (const { topic } of parts) {
      const counts = this.#byTopic.get(topic);
      if (counts !== undefined) counts.failures += 1;
    }
  }

  counts(): Iterable<Readonly<Counts>> {
    return this.#byTopic.values();
  }
}
