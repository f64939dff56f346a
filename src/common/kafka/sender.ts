import kafkajs, { type Kafka, type Message, type Producer, type RecordMetadata } from 'kafkajs';
import { Progress } from '../progress.ts';
import { within } from '../within.ts';
import { sayGoodbye } from './goodbye.ts';
import { kafkaProblem } from './problem.ts';
import type { SendTally } from './send-tally.ts';

/** A send that has not been answered by then is given up, and the producer with it; ms. */
const sendDeadline = 30_000;

export interface SenderOptions {
  kafka: Kafka;
  /** For messages. */
  brokers: readonly string[];
  topic: string;
  sends?: SendTally;
}

/** Sends to one topic, for callers that try again themselves. After a failure the next send has a fresh producer. */
export class TopicSender {
  readonly #options: SenderOptions;
  readonly #progress = new Progress();
  #producer: Producer | undefined;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** True from a send that was not answered at all until the next one that is. */
  get isStalled(): boolean {
    return this.#progress.isStalled;
  }

  /** Resolves when all in-sync replicas have the messages, with where they are. Throws KAFKA_… and SILENT. */
  async send(messages: Message[]): Promise<RecordMetadata[]> {
    const { brokers, topic, sends } = this.#options;
    const since = performance.now();
    const producer = this.#producer ?? this.#create();
    const sent = producer.connect().then(() => producer.send({ topic, acks: -1, messages }));
    try {
      const answer = await within(sent, { from: `Kafka to a send to ${topic}`, ms: sendDeadline });
      this.#progress.made();
      sends?.acknowledged([{ topic, messages }], since);
      return answer;
    } catch (error) {
      this.#progress.failed(error);
      sends?.failed([{ topic }]);
      if (this.#producer === producer) this.#producer = undefined;
      producer.disconnect().catch(() => undefined); // it may hang: nobody waits for its goodbye
      throw kafkaProblem(error, brokers, { topic });
    }
  }

  async close(): Promise<void> {
    await sayGoodbye(this.#producer);
  }

  /** Not idempotent: its sequence numbers are state that a failure can spoil; what is sent twice changes nothing. */
  #create(): Producer {
    this.#producer = this.#options.kafka.producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
    });
    return this.#producer;
  }
}
