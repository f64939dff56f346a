import type { Kafka, Producer, ProducerConfig, ProducerRecord } from 'kafkajs';

/** A batch on its way: the test decides what becomes of it. */
export interface Send extends Pick<ProducerRecord, 'topic' | 'acks' | 'messages'> {
  /** Which client sent it, counted from 1. */
  client: number;
  succeed(): void;
  fail(error: Error): void;
}

/** Brokers that answer when a test says so: for orders of things that a real broker shows only by chance. */
export class FakeKafka {
  readonly sends: Send[] = [];
  readonly configs: ProducerConfig[] = [];
  /** Clients that have been let go, in that order. */
  readonly disconnected: number[] = [];
  /** The most sends of one client that were unanswered at the same time. */
  mostInFlight = 0;
  /** What connecting does; succeeds unless a test says otherwise. */
  onConnect: () => Promise<void> = async () => {};
  onDisconnect: () => Promise<void> = async () => {};
  /** What is done about a send at once; nothing unless a test says otherwise. */
  onSend: (send: Send) => void = () => {};

  /** How the product makes a client. */
  readonly connect = (): Kafka => {
    const kafka: Pick<Kafka, 'producer'> = { producer: (config) => this.#producer(config) };
    return kafka as Kafka;
  };

  get clients(): number {
    return this.configs.length;
  }

  /** The last batch, which must be there. */
  get last(): Send {
    const send = this.sends.at(-1);
    if (send === undefined) throw new Error('nothing was sent');
    return send;
  }

  #producer(config: ProducerConfig = {}): Producer {
    const client = this.configs.push(config);
    let inFlight = 0;
    const producer: Pick<Producer, 'connect' | 'sendBatch' | 'disconnect'> = {
      connect: () => this.onConnect(),
      disconnect: () => {
        this.disconnected.push(client);
        return this.onDisconnect();
      },
      sendBatch: async ({ acks, topicMessages = [] }) => {
        const [{ topic, messages } = { topic: '', messages: [] }] = topicMessages;
        inFlight += 1;
        this.mostInFlight = Math.max(this.mostInFlight, inFlight);
        const { promise, resolve, reject } = Promise.withResolvers<[]>();
        const send: Send = {
          ...{ client, topic, messages, fail: reject, succeed: () => resolve([]) },
          ...(acks === undefined ? {} : { acks }),
        };
        this.sends.push(send);
        this.onSend(send);
        try {
          return await promise;
        } finally {
          inFlight -= 1;
        }
      },
    };
    return producer as Producer;
  }
}
