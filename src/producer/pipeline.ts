import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Message } from 'kafkajs';
import type { Ring, Sensor } from '../../xdp/addon/addon.d.ts';
import type { AvroCodec } from '../common/avro.ts';
import { Distribution, delayBounds } from '../common/distribution.ts';
import type { PortScanEvent } from '../common/event.ts';
import { EventEncoder } from './event-encoder.ts';
import type { Publisher } from './publisher.ts';
import { entrySize, eventSize, type RecordReader } from './record.ts';

/** Events and table entries in one batch: where kafkajs is at its best. */
const batchSize = 250;
/** Slots of the table that one step of the sweep looks at, well under a millisecond. */
const sweepStep = 16_384;
/** ms from the beginning of one sweep to the next. */
const sweepInterval = 1000;

export interface PipelineParts {
  sensor: Pick<Sensor, 'epoch' | 'collect' | 'settle' | 'addDrops'>;
  ring: Ring;
  reader: RecordReader;
  codec: Pick<AvroCodec<PortScanEvent>, 'header'>;
  publisher: Pick<Publisher, 'publish'>;
  topic: string;
  /** The threshold in force: the sweep publishes sources above it. */
  threshold: () => number;
}

interface Request {
  action: () => Promise<void>;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

/**
 * Carries events from the ring to Kafka, and newer counts from the table. The ring is acknowledged, and a count
 * marked as published, only after the brokers have acknowledged: what lies in between is read again by the next
 * process. One batch at a time, the ring first.
 */
export class Pipeline {
  /** From a packet that made an event to the brokers' acknowledgement, s. */
  readonly delays = new Distribution(delayBounds);
  /** What looking through the whole table took, without what was sent meanwhile, s. */
  readonly sweeps = new Distribution([0.0005, 0.001, 0.002, 0.005, 0.01, 0.03, 0.1, 0.3, 1]);
  readonly #parts: PipelineParts;
  readonly #encoder: EventEncoder;
  readonly #events = new Uint8Array(batchSize * eventSize);
  readonly #entries = new Uint8Array(batchSize * entrySize);
  #pulled: PortScanEvent[] = [];
  #sweepSlot = 0;
  #nextSweep = 0;
  /** Time that the sweep under way has taken so far, ms. */
  #swept = 0;
  #wake: () => void = () => {};
  #requests: Request[] = [];

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    this.#encoder = new EventEncoder(parts.codec);
    parts.ring.onReadable(() => this.#wake());
  }

  /** Works until the signal is aborted, then resolves. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    while (!signal.aborted) {
      if (await this.#serveRequest(signal)) continue;
      if (await this.#deliverEvents(signal)) continue;
      if (await this.#sweep(signal)) continue;
      if (!signal.aborted) await this.#untilDue();
    }
    for (const { reject } of this.#requests) reject(signal.reason);
  }

  /**
   * Runs an action when everything is delivered that was recorded before the call, and before anything newer is.
   * Rejects as the action does, or when `run`, which has the same signal, ends first.
   */
  async afterDelivery(action: () => Promise<void>, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#requests.push({ action, resolve, reject });
    this.#wake();
    await promise;
  }

  /** Delivers all there is; from outside only when `run` has ended. */
  async drain(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await this.#deliverEvents(signal)));
    this.#sweepSlot = 0;
    this.#nextSweep = 0;
    while (!signal.aborted && (await this.#sweep(signal)));
  }

  /** True when everything that the kernel has recorded is delivered. */
  isSettled(): boolean {
    const { sensor, ring, threshold } = this.#parts;
    if (ring.used > 0) return false;
    return sensor.collect(this.#entries, 0, sensor.epoch.maxSources, threshold()).entries === 0;
  }

  async #serveRequest(signal: AbortSignal): Promise<boolean> {
    const request = this.#requests[0];
    if (request === undefined) return false;
    await this.drain(signal);
    if (signal.aborted) return false;
    this.#requests.shift();
    await request.action().then(request.resolve, request.reject);
    return true;
  }

  /** True when there was anything in the ring. A batch that was pulled is kept until it is acknowledged. */
  async #deliverEvents(signal: AbortSignal): Promise<boolean> {
    const { ring, reader, sensor } = this.#parts;
    if (this.#pulled.length === 0) {
      const count = ring.pull(this.#events);
      if (count > 0) this.#pulled = reader.readEvents(this.#events, count); // else without asking the clock
    }
    if (this.#pulled.length > 0) {
      const lost = await this.#publish(this.#pulled, signal);
      if (lost === undefined) return false;
      if (lost > 0) sensor.addDrops(lost); // in Kafka or in the drop counter
      const now = Date.now();
      for (const { time } of this.#pulled) this.delays.observe((now - time) / 1000);
    }
    this.#pulled = [];
    const isProgress = ring.position !== ring.acked;
    ring.ack(ring.position);
    return isProgress;
  }

  /** One step of a sweep, when one is due or under way. False when there is nothing to do until the next one. */
  async #sweep(signal: AbortSignal): Promise<boolean> {
    const { sensor, reader } = this.#parts;
    if (this.#sweepSlot === 0) {
      if (performance.now() < this.#nextSweep) return false;
      this.#nextSweep = performance.now() + sweepInterval;
    }
    const threshold = this.#parts.threshold();
    const since = performance.now();
    const { entries, next } = sensor.collect(this.#entries, this.#sweepSlot, sweepStep, threshold);
    this.#swept += performance.now() - since;
    if (entries > 0) {
      const updates = reader.readEntries(this.#entries, entries, threshold);
      if ((await this.#publish(updates, signal)) === undefined) return false;
      sensor.settle(this.#entries, entries);
    }
    this.#sweepSlot = next >= sensor.epoch.maxSources ? 0 : next;
    if (this.#sweepSlot === 0) {
      this.sweeps.observe(this.#swept / 1000);
      this.#swept = 0;
    }
    if (this.#sweepSlot !== 0) await nextTurn(); // a large table takes many steps: nobody is to wait for all of them
    return true;
  }

  /** How many of the events Kafka has refused; undefined when the signal was aborted before the batch was acknowledged. */
  async #publish(events: PortScanEvent[], signal: AbortSignal): Promise<number | undefined> {
    const { publisher, topic } = this.#parts;
    const values = this.#encoder.encode(events);
    const messages = events.map(
      ({ source: key, time }, index): Message => ({
        key,
        value: values[index] ?? null,
        timestamp: String(time),
      }),
    );
    try {
      return (await publisher.publish([{ topic, messages }], signal)).length;
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  /** Until the ring is readable, the next sweep is due, or the run is to end. */
  async #untilDue(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(0, this.#nextSweep - performance.now()));
    this.#wake = resolve;
    this.#parts.ring.arm();
    await promise;
    clearTimeout(timer);
  }
}
