import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, Producer } from 'kafkajs';
import { eventually } from '../../test/helpers/eventually.ts';
import { kafkaClient } from '../../test/helpers/topics.ts';

const recordSize = 150;

/** One way through Kafka by kafkajs alone: a producer and a consumer, with nothing of the product. */
export class Hop {
  readonly #producer: Producer;
  readonly #consumer: Consumer;
  readonly #topic: string;
  /** By key; ms. */
  readonly #sent = new Map<string, number>();
  readonly #delays: number[] = [];
  #next = 0;

  /** The topic is made as the product's topic of events is. */
  static async open(brokers: string, topic: string): Promise<Hop> {
    const kafka = kafkaClient(brokers);
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 6 }] });
    await admin.disconnect();
    const hop = new Hop(
      kafka.producer({ maxInFlightRequests: 1 }),
      kafka.consumer({ groupId: topic }),
      topic,
    );
    await hop.#start();
    return hop;
  }

  private constructor(producer: Producer, consumer: Consumer, topic: string) {
    this.#producer = producer;
    this.#consumer = consumer;
    this.#topic = topic;
  }

  /** ms of each record, when all have arrived. */
  async delays(rate: number, count: number): Promise<number[]> {
    this.#delays.length = 0;
    const begun = performance.now();
    for (let done = 0; done < count; ) {
      const due = Math.min(count, Math.floor(((performance.now() - begun) * rate) / 1000) + 1);
      if (due > done) await this.#send(due - done);
      else await sleep(1);
      done = due;
    }
    await eventually('all records are there', () => this.#delays.length >= count, 20_000);
    return [...this.#delays];
  }

  async close(): Promise<void> {
    await Promise.all([this.#producer.disconnect(), this.#consumer.disconnect()]);
  }

  async #start(): Promise<void> {
    await this.#producer.connect();
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [this.#topic], fromBeginning: true });
    await this.#consumer.run({
      eachBatch: async ({ batch }) => {
        const now = performance.now();
        for (const { key } of batch.messages) {
          const sent = this.#sent.get(String(key));
          if (sent !== undefined) this.#delays.push(now - sent);
          this.#sent.delete(String(key));
        }
      },
    });
    await this.delays(100, 10); // until the consumer has joined
  }

  async #send(count: number): Promise<void> {
    const messages = Array.from({ length: count }, () => {
      const key = String(this.#next);
      this.#next += 1;
      this.#sent.set(key, performance.now());
      return { key, value: Buffer.alloc(recordSize) };
    });
    await this.#producer.send({ topic: this.#topic, acks: -1, messages });
  }
}
