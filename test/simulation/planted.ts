import type { Consumer, ConsumerConfig, EachBatchPayload, Kafka } from 'kafkajs';
import type { Kernel } from '../../src/producer/control/kernel.ts';
import type { Ring } from '../../xdp/addon/addon.d.ts';
import { SensorHandle } from './sensor-handle.ts';

/** Where a bug can be put in between the parts of the product: around what one of them has of its surroundings. */
export interface Planted {
  /** What the sensor's pipeline has of the kernel. */
  Handle?: typeof SensorHandle;
  /** Around what the sensor's control has of the kernel. */
  kernel?: (kernel: Kernel) => Kernel;
  /** Around what the consumer's event group has of Kafka. */
  events?: (kafka: Kafka) => Kafka;
}

/** The ring is acknowledged as soon as it is read. */
export const ackBeforeSend: Planted = {
  Handle: class extends SensorHandle {
    override openRing(): Ring {
      const ring = super.openRing();
      const pull = ring.pull.bind(ring);
      ring.pull = (into) => {
        const count = pull(into);
        ring.ack(ring.position);
        return count;
      };
      return ring;
    }
  },
};

/** A count of the table is marked as published as soon as it is read. */
export const settleBeforeSend: Planted = {
  Handle: class extends SensorHandle {
    override collect(into: Uint8Array, from: number, limit: number, threshold: number) {
      const collected = super.collect(into, from, limit, threshold);
      this.settle(into, collected.entries);
      return collected;
    }
  },
};

/** A reset is answered before it is done. */
export const answerBeforeReset: Planted = {
  kernel: (kernel) =>
    new Proxy(kernel, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (name !== 'reset') return value.bind(target);
        return async (...given: Parameters<Kernel['reset']>) => {
          target.reset(...given).catch(() => undefined);
        };
      },
    }),
};

/** The offset behind a batch is committed before the batch is handled. */
export const offsetBeforeReport: Planted = {
  events: (kafka) =>
    Object.assign({}, kafka, {
      consumer: (config: ConsumerConfig) => committingEarly(kafka.consumer(config)),
    }),
};

function committingEarly(consumer: Consumer): Consumer {
  const run: Consumer['run'] = async ({ eachBatch, ...config } = {}) =>
    consumer.run({
      ...config,
      eachBatch: async (payload: EachBatchPayload) => {
        payload.resolveOffset(payload.batch.lastOffset());
        await payload.commitOffsetsIfNecessary();
        await eachBatch?.(payload);
      },
    });
  return { ...consumer, run };
}
