import kafkajs, { type Producer } from 'kafkajs';
import { AvroCodec } from '../common/avro.ts';
import type { ControlCommand } from '../common/control/records.ts';
import { type Signer, signatureHeader, signatureOf } from '../common/control/signature.ts';
import { kafkaProblem } from '../common/kafka/problem.ts';
import { topicName } from '../common/kafka/topics.ts';
import type { Session } from './session.ts';

/** Writes commands to the control topic, signed when there is a key. */
export class Sender {
  readonly #producer: Producer;
  readonly #topic: string;
  readonly #codec: AvroCodec<ControlCommand>;
  readonly #signer: Signer | null;
  readonly #brokers: readonly string[];

  private constructor(
    producer: Producer,
    topic: string,
    codec: AvroCodec<ControlCommand>,
    signer: Signer | null,
    brokers: readonly string[],
  ) {
    this.#producer = producer;
    this.#topic = topic;
    this.#codec = codec;
    this.#signer = signer;
    this.#brokers = brokers;
  }

  /** Throws kafkajs' errors, and REGISTRY_…. */
  static async open({ settings, kafka, registry }: Session, signer: Signer | null): Promise<Sender> {
    const topic = topicName(settings, 'control');
    const codec = new AvroCodec<ControlCommand>('control-command', registry);
    const producer = kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    await Promise.all([codec.register(topic), producer.connect()]);
    return new Sender(producer, topic, codec, signer, settings.kafka.brokers);
  }

  /** Resolves when all in-sync replicas have it. Throws KAFKA_…. */
  async send(command: ControlCommand): Promise<void> {
    const key = command.sensor;
    const value = this.#codec.encode(command);
    const headers: Record<string, string> =
      this.#signer === null
        ? {}
        : { [signatureHeader]: signatureOf({ topic: this.#topic, key, value }, this.#signer) };
    const messages = [{ key, value, headers, partition: 0, timestamp: String(Date.now()) }];
    try {
      await this.#producer.send({ topic: this.#topic, acks: -1, messages });
    } catch (error) {
      throw kafkaProblem(error, this.#brokers, { topic: this.#topic });
    }
  }
}
