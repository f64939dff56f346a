import { execFile } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Cleanup } from '../helpers/cleanup.ts';
import { freePort } from '../helpers/free-port.ts';
import { type Kafka, startKafka } from '../helpers/kafka.ts';
import { otherBuild } from '../helpers/other-build.ts';
import { pinnedStatistic } from '../helpers/pinned.ts';
import { device, ScanStack, target4 } from '../helpers/scan-stack.ts';
import type { Service } from '../helpers/service.ts';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';
import { Traffic } from '../helpers/traffic.ts';
import { TroubleMaker } from '../helpers/trouble.ts';

const run = promisify(execFile);
const diskSize = 256 * 1024 * 1024;
/** Of its 135 bytes an event each. */
const ringBytes = 8192;

export const sources = Array.from({ length: 120 }, (_, index) => `10.77.0.${10 + index}`);

/** All parts, each of which can be harmed: a broker on a small disk behind a proxy, a producer, two consumers. */
export class Stage {
  readonly stack: ScanStack;
  readonly kafka: Kafka;
  readonly proxy: TroubleMaker;
  readonly traffic: Traffic;
  readonly #disk: string;
  readonly #build: string;
  producer: Service;
  readonly consumers: Service[];
  #turn: Promise<unknown> = Promise.resolve();

  static async create(cleanup: Cleanup): Promise<Stage> {
    const build = await otherBuild(cleanup, [
      {
        file: 'src/producer/sensor.ts',
        from: 'ringBytes = 8 * 1024 * 1024',
        to: `ringBytes = ${ringBytes}`,
        compile: [],
      },
    ]);
    const disk = await smallDisk(cleanup);
    const proxy = await TroubleMaker.listen(cleanup);
    const kafka = await startBehind(proxy, join(disk, 'data'), cleanup);
    const stack = await ScanStack.create(cleanup, proxy.address);
    const stage = new Stage({
      stack,
      kafka,
      proxy,
      disk,
      build,
      traffic: new Traffic(cleanup, stack.scanner),
    });
    await stage.addSources();
    await Promise.all([stage.producer, ...stage.consumers].map((each) => each.ready()));
    return stage;
  }

  private constructor(parts: {
    stack: ScanStack;
    kafka: Kafka;
    proxy: TroubleMaker;
    disk: string;
    build: string;
    traffic: Traffic;
  }) {
    this.stack = parts.stack;
    this.kafka = parts.kafka;
    this.proxy = parts.proxy;
    this.traffic = parts.traffic;
    this.#disk = parts.disk;
    this.#build = parts.build;
    this.producer = this.startProducer();
    this.consumers = [this.stack.consumer(), this.stack.consumer()];
  }

  /** What stays attached when it stops, so that its counts go on. */
  startProducer(): Service {
    return this.stack.producer({ IDLE_RESET: '0' }, ['--stay-attached'], [], this.#build);
  }

  /** Runs when nobody else does who needs the device as it is, or changes it. */
  async withDevice<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(action);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async isAttached(): Promise<boolean> {
    const links = await this.stack.target.exec('ip', ['link', 'show']);
    return new RegExp(` ${device}@.*xdp`).test(links);
  }

  async removeDevice(): Promise<void> {
    await this.stack.target.exec('ip', ['link', 'delete', device]);
  }

  async replaceDevice(): Promise<void> {
    await this.stack.connect();
    await this.addSources();
  }

  async addSources(): Promise<void> {
    const lines = sources.map((source) => `address add ${source}/24 dev scan0`).join('\n');
    await this.stack.scanner.exec('sh', ['-c', `echo '${lines}' | ip -batch -`]);
  }

  async probe(from: string, ports: readonly number[]): Promise<void> {
    await this.traffic.do('probe', { from, to: target4, ports, rate: 3000 });
  }

  /** Of the kernel program, by its name in C. */
  statistic(name: string): number {
    const { pinDirectory } = this.stack.sandbox;
    const layout = readdirSync(pinDirectory)[0] ?? '';
    return pinnedStatistic(join(pinDirectory, layout), name);
  }

  fillDisk(): void {
    const filler = openSync(join(this.#disk, 'filler'), 'w');
    try {
      for (;;) writeSync(filler, Buffer.alloc(65_536));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    } finally {
      closeSync(filler);
    }
  }

  emptyDisk(): void {
    rmSync(join(this.#disk, 'filler'), { force: true });
  }
}

async function smallDisk(cleanup: Cleanup): Promise<string> {
  const directory = temporaryDirectory('port-ticker-disk-');
  cleanup.after(() => directory.remove());
  const disk = join(directory.path, 'disk');
  mkdirSync(disk);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${diskSize}`, 'tmpfs', disk]);
  return disk;
}

/** A broker that everybody is told to find at the proxy. */
async function startBehind(proxy: TroubleMaker, data: string, cleanup: Cleanup): Promise<Kafka> {
  const port = await freePort();
  proxy.leadTo(port);
  const properties = [`log.dirs=${data}`, `advertised.listeners=PLAINTEXT://${proxy.address}`];
  const kafka = await startKafka({ port, properties });
  cleanup.after(() => kafka.close());
  return kafka;
}
