import type { Kafka } from 'kafkajs';
import type { Logger } from '../../src/common/logger.ts';
import { persist } from '../../src/common/persist.ts';
import { SensorControl } from '../../src/producer/control/control.ts';
import { ConfigFollower } from '../../src/producer/control/follower.ts';
import { recallVersion } from '../../src/producer/control/recall.ts';
import { DeviceNames } from '../../src/producer/device-names.ts';
import { finish } from '../../src/producer/finish.ts';
import { NativeKernel } from '../../src/producer/kernel.ts';
import { soon } from '../../src/producer/patience.ts';
import { Pipeline } from '../../src/producer/pipeline.ts';
import { Publisher } from '../../src/producer/publisher.ts';
import { RecordReader } from '../../src/producer/record.ts';
import { reset } from '../../src/producer/reset.ts';
import type { LinkWatch } from '../../xdp/addon/addon.d.ts';
import { ownSettings } from '../helpers/simulated-sensor.ts';
import type { Clock } from './clock.ts';
import type { Machine } from './machine.ts';
import type { Planted } from './planted.ts';
import { SensorHandle } from './sensor-handle.ts';
import { brokers, channels } from './topics.ts';

export interface SensorParts {
  id: string;
  machine: Machine;
  clock: Clock;
  kafka: Kafka;
  logger: Logger;
  planted: Planted;
  /** Decides at a stop whether the program goes on counting. */
  staysAttached: () => boolean;
}

/** A sensor's process over a machine, put together as src/producer/start.ts does it. */
export class SimulatedSensor {
  readonly #parts: SensorParts;
  readonly #handle: SensorHandle;
  readonly #publisher: Publisher;
  readonly #answers: Publisher;
  readonly #pipeline: Pipeline;
  readonly #follower: ConfigFollower;
  readonly #control: SensorControl;
  readonly #stopping = new AbortController();
  #isPrepared = false;
  #running: Promise<unknown>[] = [];

  constructor(parts: SensorParts) {
    this.#parts = parts;
    const { id, machine, clock, kafka, logger, planted } = parts;
    const handle = new (planted.Handle ?? SensorHandle)(machine, clock);
    const connect = () => kafka;
    const devices = new DeviceNames(handle.epoch);
    const reader = new RecordReader({
      sensor: id,
      epoch: handle.epoch,
      now: () => ({ tick: handle.tick(), time: Date.now() }),
      drops: () => handle.counters().drops,
      devices,
    });
    const open = { sensor: handle, ring: handle.openRing(), reader };
    const publisher = new Publisher({ connect, brokers, logger });
    const threshold = () => native.numbers.threshold;
    const pipeline = new Pipeline({ ...open, ...channels.events, publisher, threshold });
    const native = new NativeKernel({
      ...open,
      links: linksOf(machine),
      devices,
      logger,
      reset: (source, signal) =>
        reset(
          { ...open, ...channels.events, pipeline, connect, brokers, publisher, threshold, logger },
          source,
          signal,
        ),
    });
    this.#handle = handle;
    this.#publisher = publisher;
    this.#answers = new Publisher({ connect, brokers, logger });
    this.#pipeline = pipeline;
    this.#follower = new ConfigFollower({
      ...{ kafka, brokers, ...channels.config, sensor: id, signatures: 'off', keys: null, logger },
      onChange: () => this.#control.update(),
    });
    const kernel = planted.kernel?.(native) ?? native;
    this.#control = new SensorControl({
      ...{ sensor: id, own: ownSettings, kernel, config: this.#follower, publisher: this.#answers, logger },
      ...{ results: channels.results, sensors: channels.sensors },
    });
  }

  async run(): Promise<void> {
    const { id, kafka, logger, machine, clock } = this.#parts;
    const recall = () => recallVersion(kafka, channels.sensors, id, brokers);
    const prepare = async () => ({ lastVersion: await recall() });
    let prepared = await soon(prepare(), 'preparing the topics', logger);
    const following = prepared && this.#follower.start();
    if (following) await soon(following, 'reading the configuration', logger);
    this.#control.begin();
    const owner = clock.current;
    machine.onDevices = () => clock.after(0, () => this.#control.update(), owner);
    const { signal } = this.#stopping;
    prepared ??= await persist(prepare, { what: 'preparing the topics', logger, signal });
    this.#isPrepared = true;
    const { lastVersion } = prepared;
    this.#running = [
      this.#pipeline.run(signal),
      (following ?? this.#follower.start()).then(() => this.#control.run(lastVersion, signal)),
    ];
    await Promise.all(this.#running);
  }

  /** What SIGTERM does. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('stopping'));
    this.#parts.machine.onDevices = () => {};
    const closes = [() => this.#follower.close(), () => this.#finish(), () => this.#answers.close()];
    for (const close of [...closes, () => this.#publisher.close()]) await close().catch(() => undefined);
  }

  async #finish(): Promise<void> {
    await Promise.allSettled(this.#running);
    const settings = { stayAttached: this.#parts.staysAttached(), sensor: { pinDir: '/pins' } };
    await finish(this.#handle, this.#pipeline, { canDeliver: this.#isPrepared, settings });
    if (this.#isPrepared && this.#answers.isWorking)
      await this.#control.sayStopped(AbortSignal.timeout(2_000));
  }
}

function linksOf(machine: Machine): LinkWatch {
  const links: Pick<LinkWatch, 'names'> = { names: () => [...machine.devices] };
  return links as LinkWatch;
}
