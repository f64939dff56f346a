import type { Kafka } from 'kafkajs';
import type { XdpMode } from '../../src/common/control/records.ts';
import type { OwnSettings } from '../../src/common/control/resolve.ts';
import type { Channels } from '../../src/producer/channels.ts';
import { SensorControl } from '../../src/producer/control/control.ts';
import { ConfigFollower } from '../../src/producer/control/follower.ts';
import type { Kernel, Numbers, Usage } from '../../src/producer/control/kernel.ts';
import { recallVersion } from '../../src/producer/control/recall.ts';
import { Publisher } from '../../src/producer/publisher.ts';
import type { Attachment } from '../../xdp/addon/addon.d.ts';
import { silent } from './topics.ts';

/** Those of a simulated sensor. */
export const ownSettings: OwnSettings = {
  threshold: 20,
  icmpEnable: false,
  countPolicy: 'attempts',
  idleReset: 3600,
  ignore: [],
  devices: ['eth0'],
  xdpMode: 'auto',
};

/** A kernel part that does what it is told and sees no packet. */
export class SimulatedKernel implements Kernel {
  readonly epoch = '00112233aabbccdd';
  readonly isResumed: boolean = false;
  numbers: Numbers = ownSettings;
  ignored: ReadonlySet<string> = new Set();
  readonly #attached = new Map<string, Attachment>();

  setNumbers(numbers: Numbers): void {
    this.numbers = numbers;
  }

  setIgnored(prefixes: ReadonlySet<string>): void {
    this.ignored = prefixes;
  }

  restorePins(): void {}

  attach(device: string, mode: XdpMode): Attachment {
    const how = mode === 'skb' ? 'skb' : 'driver';
    const attachment = { device, ifindex: 1, mode: how, programId: 1, linkId: 1 } as const;
    this.#attached.set(device, attachment);
    return attachment;
  }

  detach(device: string): void {
    this.#attached.delete(device);
  }

  attachments(): Attachment[] {
    return [...this.#attached.values()];
  }

  presentDevices(): string[] {
    return ['eth0', 'lo'];
  }

  usage(): Usage {
    return {
      ...{ sources: 0, maxSources: 65_536, ringUsed: 0, ringSize: 8_388_608, sequence: 0, drops: 0 },
      statistics: { packets_ipv4: 0, packets_ipv6: 0 },
    };
  }

  find(): null {
    return null;
  }

  async reset(): Promise<void> {}
}

/** The sensor's part of the control plane over a simulated kernel. */
export class SimulatedSensor {
  readonly kernel = new SimulatedKernel();
  readonly #follower: ConfigFollower;
  readonly #publisher: Publisher;
  readonly #control: SensorControl;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  readonly #id: string;
  readonly #connect: () => Kafka;
  readonly #brokers: readonly string[];
  readonly #channels: Channels;

  constructor(id: string, connect: () => Kafka, brokers: readonly string[], channels: Channels) {
    this.#id = id;
    this.#connect = connect;
    this.#brokers = brokers;
    this.#channels = channels;
    const common = { sensor: id, logger: silent };
    this.#publisher = new Publisher({ connect, brokers, logger: silent });
    this.#follower = new ConfigFollower({
      ...{ ...common, kafka: connect(), brokers, ...channels.config, signatures: 'off', keys: null },
      onChange: () => this.#control.update(),
    });
    this.#control = new SensorControl({
      ...{
        ...common,
        own: ownSettings,
        kernel: this.kernel,
        config: this.#follower,
        publisher: this.#publisher,
      },
      ...{ results: channels.results, sensors: channels.sensors },
    });
  }

  /** Resolves when it has read its configuration and begun to report. */
  async start(): Promise<void> {
    const lastVersion = await recallVersion(this.#connect(), this.#channels.sensors, this.#id, this.#brokers);
    await this.#follower.start();
    this.#control.begin();
    this.#running = this.#control.run(lastVersion, this.#stop.signal);
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('closed'));
    await this.#follower.close();
    await this.#running;
    await this.#publisher.close();
  }
}
