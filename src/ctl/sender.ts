import kafkajs, { type Producer } from 'kafkajs';
import { AvroCodec } from '../common/avro.ts';
import type { ControlCommand } from '../common/control/records.ts';
import { type Signer, signatureHeader, signatureOf } from '../common/control/signature.ts';
import { topicName } from '../common/kafka/topics.ts';
import type { Session } from './session.ts';

/** Writes commands to the control topic, signed when there is a key. */
export class Sender {
  readonly #producer: Producer;
  readonly #topic: string;
  readonly #codec: AvroCodec<ControlCommand>;
  readonly #signer: Signer | null;

  private constructor(
    producer: Producer,
    topic: string,
    codec: AvroCodec<ControlCommand>,
    signer: Signer | null,
  ) {
    this.#producer = producer;
    this.#topic = topic;
    this.#codec = codec;
    this.#signer = signer;
  }

  /** Throws kafkajs' errors, as `send` does, and REGISTRY_…. */
  static async open({ settings, kafka, registry }: Session, signer: Signer | null): Promise<Sender> {
    const topic = topicName(settings, 'control');
    const codec = new AvroCodec<ControlCommand>('control-command', registry);
    const producer = kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    await Promise.all([codec.register(topic), producer.connect()]);
    return new Sender(producer, topic, codec, signer);
  }

  /** Resolves when all in-sync replicas have it. */
  async send(command: ControlCommand): Promise<void> {
    const key = command.sensor;
    const value = this.#codec.encode(command);
    const headers: Record<string, string> =
      this.#signer === null
        ? {}
        : { [signatureHeader]: signatureOf({ topic: this.#topic, key, value }, this.#signer) };
    await this.#producer.send({
      topic: this.#topic,
      acks: -1,
      messages: [{ key, value, headers, partition: 0, timestamp: String(Date.now()) }],
    });
  }
}
