import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAddress } from '../../src/common/address.ts';
import type { SensorStatus } from '../../src/common/control/records.ts';
import type { ReportEntry } from '../../src/common/event.ts';
import { type Cleanup, lastFirst } from './cleanup.ts';
import { eventually } from './eventually.ts';
import { sharedKafka } from './kafka.ts';
import { startProgram } from './program.ts';
import { type Namespace, Sandbox } from './sandbox.ts';
import { Service } from './service.ts';
import { topicPrefix } from './topic-prefix.ts';

/** Device of the target's end; the scanner's is called scan0. */
export const device = 'watch0';
export const scanner4 = '10.77.0.1';
export const target4 = '10.77.0.2';
export const scanner6 = 'fd77::1';
export const target6 = 'fd77::2';

/** A scanner and a target in namespaces of their own, and the settings of the programs that watch the target. */
export class ScanStack {
  readonly sandbox: Sandbox;
  readonly scanner: Namespace;
  readonly target: Namespace;
  readonly settings: Record<string, string>;
  readonly #cleanup: Cleanup;

  /** Everything in it goes with the test. The broker is shared unless another one is given. */
  static async create(t: Cleanup, brokers?: string): Promise<ScanStack> {
    const cleanup = lastFirst(t);
    const kafka = brokers ?? (await sharedBrokers(cleanup));
    const prefix = topicPrefix(cleanup, kafka);
    const sandbox = await Sandbox.create(cleanup);
    const scanner = await sandbox.namespace('scanner');
    const target = await sandbox.namespace('target');
    const stack = new ScanStack({ cleanup, sandbox, scanner, target, kafka, prefix });
    await stack.connect();
    return stack;
  }

  private constructor(parts: {
    cleanup: Cleanup;
    sandbox: Sandbox;
    scanner: Namespace;
    target: Namespace;
    kafka: string;
    prefix: string;
  }) {
    this.#cleanup = parts.cleanup;
    this.sandbox = parts.sandbox;
    this.scanner = parts.scanner;
    this.target = parts.target;
    this.settings = {
      KAFKA_BROKERS: parts.kafka,
      TOPIC_PREFIX: parts.prefix,
      SENSOR_ID: 'edge1',
      DEVICES: device,
      NETNS: parts.target.path,
      PIN_DIR: parts.sandbox.pinDirectory,
    };
  }

  /** Lays the cable between scanner and target, both ends up: at first, and when it was taken away. */
  async connect(): Promise<void> {
    await this.sandbox.veth(
      { namespace: this.scanner, device: 'scan0', addresses: [`${scanner4}/24`, `${scanner6}/64`] },
      { namespace: this.target, device, addresses: [`${target4}/24`, `${target6}/64`] },
    );
  }

  /** `wrapper` and `root` as in Service. */
  producer(
    settings: Record<string, string> = {},
    args: string[] = [],
    wrapper: string[] = [],
    root = '',
  ): Service {
    return new Service(this.#cleanup, 'producer', { ...this.settings, ...settings }, args, wrapper, root);
  }

  consumer(settings: Record<string, string> = {}, wrapper: string[] = [], root = ''): Service {
    return new Service(this.#cleanup, 'consumer', { ...this.settings, ...settings }, [], wrapper, root);
  }

  /** Runs ticker_ctl to its end. */
  async ctl(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const { KAFKA_BROKERS = '', TOPIC_PREFIX = '', SENSOR_ID = '' } = this.settings;
    const program = startProgram(this.#cleanup, 'src/ctl/main.js', args, {
      PORT_TICKER_KAFKA_BROKERS: KAFKA_BROKERS,
      PORT_TICKER_TOPIC_PREFIX: TOPIC_PREFIX,
      PORT_TICKER_SENSOR_ID: SENSOR_ID,
    });
    const code = await program.exit();
    return { code, stdout: program.stdout, stderr: program.stderr };
  }

  /** Runs ticker_ctl, which must succeed, and returns what it printed. */
  async command(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.ctl(...args);
    if (code !== 0) throw new Error(`ticker_ctl ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
    return stdout;
  }

  /** Whether the target answers one ping of the scanner. */
  async answersPing(target: string): Promise<boolean> {
    return this.scanner.exec('ping', ['-n', '-c', '1', '-W', '1', target]).then(
      () => true,
      () => false,
    );
  }

  /** Runs nmap in the scanner's namespace, without pings and name look-ups, against one address. */
  async nmap(target: string, ...args: string[]): Promise<void> {
    const family = target.includes(':') ? ['-6'] : [];
    await this.scanner.exec('nmap', ['-n', '-Pn', '--max-retries', '1', ...family, ...args, target]);
  }

  /** What is pinned now: paths below the pin directory, and the directory itself. */
  pins(): string[] {
    const { pinDirectory } = this.sandbox;
    return existsSync(pinDirectory)
      ? ['.', ...readdirSync(pinDirectory, { recursive: true }).map(String)]
      : [];
  }

  /** Captures what arrives at the target until it is stopped. */
  async capture(): Promise<Capture> {
    return Capture.start(this.#cleanup, this.target, join(this.sandbox.directory, 'capture.pcap'));
  }
}

/** What a consumer knows of a sensor. */
export async function sensorStatus(consumer: Service, sensor = 'edge1'): Promise<SensorStatus | undefined> {
  const text = await consumer.get('/api/sensors');
  const answer: { sensors: SensorStatus[] } = text === '' ? { sensors: [] } : JSON.parse(text);
  return answer.sensors.find((each) => each.sensor === sensor);
}

/** Waits until a consumer knows a sensor to be so. */
export async function untilStatus(
  consumer: Service,
  what: string,
  isSo: (status: SensorStatus) => boolean,
  deadline?: number,
): Promise<void> {
  const holds = async () => {
    const status = await sensorStatus(consumer);
    return status !== undefined && isSo(status);
  };
  await consumer.until(what, holds, deadline);
}

/** The row of a source in a consumer's report. */
export async function reportRow(consumer: Service, source: string): Promise<ReportEntry | undefined> {
  const text = await consumer.get('/api/report');
  const report: { entries: ReportEntry[] } = text === '' ? { entries: [] } : JSON.parse(text);
  return report.entries.find((entry) => entry.source === source);
}

export class Capture {
  readonly #tcpdump: ChildProcess;
  readonly #file: string;

  static async start(t: Cleanup, namespace: Namespace, file: string, on = device): Promise<Capture> {
    const capture = new Capture(namespace, file, on);
    t.after(() => capture.#tcpdump.kill('SIGKILL'));
    const written = (): number => {
      try {
        return readFileSync(file).length;
      } catch {
        return 0;
      }
    };
    await eventually('the capture has begun', () => written() >= pcapHeader);
    return capture;
  }

  private constructor(namespace: Namespace, file: string, on: string) {
    this.#file = file;
    const filter = ['-i', on, '-U', '--immediate-mode', '-B', '65536', '-s', '128', '-w', file];
    this.#tcpdump = spawn('nsenter', [`--net=${namespace.path}`, 'tcpdump', ...filter], {
      stdio: 'ignore',
    });
  }

  /** Ends the capture and returns its frames, in the order they came. */
  async frames(): Promise<Buffer[]> {
    this.#tcpdump.kill('SIGINT');
    await once(this.#tcpdump, 'exit');
    return this.soFar();
  }

  /** The frames that are written by now: those of a moment ago may be missing. */
  soFar(): Buffer[] {
    return framesOf(readFileSync(this.#file));
  }
}

const pcapHeader = 24;
const recordHeader = 16;

function framesOf(pcap: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = pcapHeader; at + recordHeader <= pcap.length; ) {
    const length = pcap.readUInt32LE(at + 8);
    if (at + recordHeader + length > pcap.length) break; // being written
    frames.push(pcap.subarray(at + recordHeader, at + recordHeader + length));
    at += recordHeader + length;
  }
  return frames;
}

/** How often the destination port of TCP and UDP packets from a source differs from the last one. */
export function portChanges(frames: readonly Buffer[], source: string): number {
  let changes = 0;
  let last: number | undefined;
  for (const frame of frames) {
    const port = destinationPort(frame, source);
    if (port === undefined) continue;
    if (last !== undefined && port !== last) changes += 1;
    last = port;
  }
  return changes;
}

/** Of a plain TCP or UDP packet (no options, no extension headers) from the source. */
function destinationPort(frame: Buffer, source: string): number | undefined {
  const isTransport = (protocol: number | undefined) => protocol === 6 || protocol === 17;
  const type = frame.readUInt16BE(12);
  if (type === 0x0800 && isTransport(frame[23]) && [...frame.subarray(26, 30)].join('.') === source) {
    return frame.readUInt16BE(36);
  }
  const isSource6 = type === 0x86dd && frame.subarray(22, 38).equals(bytes6(source));
  return isSource6 && isTransport(frame[20]) ? frame.readUInt16BE(56) : undefined;
}

function bytes6(source: string): Buffer {
  return source.includes(':') ? Buffer.from(parseAddress(source)) : Buffer.alloc(0);
}

async function sharedBrokers(t: Cleanup): Promise<string> {
  const kafka = await sharedKafka();
  t.after(() => kafka.close());
  return kafka.brokers;
}
