import kafkajs, { type Message, type Producer } from 'kafkajs';
import { AvroCodec } from '../../src/common/avro.ts';
import type { SensorStatus } from '../../src/common/control/records.ts';
import type { PortScanEvent } from '../../src/common/event.ts';
import type { Cleanup } from '../../test/helpers/cleanup.ts';
import { kafkaClient } from '../../test/helpers/topics.ts';

const eventCodec = new AvroCodec<PortScanEvent>('port-scan-event');
const statusCodec = new AvroCodec<SensorStatus>('sensor-status');

/** Sends what sensors tell, over fewer connections than there are sensors, with one request in flight on each. */
export class Feeder {
  readonly #prefix: string;
  readonly #producers: readonly Producer[];

  private constructor(prefix: string, producers: readonly Producer[]) {
    this.#prefix = prefix;
    this.#producers = producers;
  }

  /** Closed with the cleanup. */
  static async open(t: Cleanup, brokers: string, prefix: string, connections: number): Promise<Feeder> {
    const producers = Array.from({ length: connections }, () =>
      kafkaClient(brokers).producer({
        createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
        allowAutoTopicCreation: false,
      }),
    );
    for (const producer of producers) {
      t.after(() => producer.disconnect());
      await producer.connect();
    }
    return new Feeder(prefix, producers);
  }

  /** Each batch is one request. Batches are taken as connections have room, and encoded only then. */
  async events(batches: Iterable<readonly PortScanEvent[]>): Promise<void> {
    await this.#send('events', batches, (event) => ({ key: event.source, value: eventCodec.encode(event) }));
  }

  /** See `events`. */
  async statuses(batches: Iterable<readonly SensorStatus[]>): Promise<void> {
    await this.#send('sensors', batches, (status) => ({
      key: status.sensor,
      value: statusCodec.encode(status),
    }));
  }

  async #send<T>(topic: string, batches: Iterable<readonly T[]>, encode: (one: T) => Message): Promise<void> {
    const queue = batches[Symbol.iterator]();
    const drain = async (producer: Producer) => {
      for (let next = queue.next(); next.done !== true; next = queue.next()) {
        const messages = next.value.map(encode);
        await producer.send({ topic: `${this.#prefix}.${topic}`, acks: -1, messages });
      }
    };
    await Promise.all(this.#producers.map(drain));
  }
}
