import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  globSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TickerError } from '../../src/common/errors.ts';
import { freePort } from './free-port.ts';
import { waitForCoordinators } from './kafka-ready.ts';
import { type TemporaryDirectory, temporaryDirectory } from './temporary-directory.ts';

/** A real broker, one KRaft node with Kafka's default settings and a temporary data directory. */
export interface Kafka {
  /** host:port, the same after restart(). */
  readonly brokers: string;
  /** All that it has logged so far. */
  readonly log: string;
  /** 0 while it does not run. */
  readonly pid: number;
  /** What a topic takes on its disk, without indexes; bytes. */
  bytesOf(topic: string): number;
  /** Shuts down in good order. The data stay, for restart(). */
  stop(): Promise<void>;
  /** Ends the broker as a crash does (SIGKILL). The data stay, for restart(). */
  kill(): Promise<void>;
  /** Stops the broker from answering (SIGSTOP); its connections stay open. */
  pause(): void;
  resume(): void;
  /** Starts again on the same port and data, and waits until it is ready. A running broker is stopped first. */
  restart(): Promise<void>;
  /** Ends the broker and removes its data. A test that dies without it leaves nothing behind either. */
  close(): Promise<void>;
}

const libraries = join(import.meta.dirname, '../../.cache/kafka/lib');
const java = [
  '-Xmx512m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dlog4j2.level=WARN',
  '-cp',
  `${libraries}/*`,
];

/** What a broker has beside Kafka's default settings. */
export interface Extras {
  /** Further listeners, "NAME://host:port", and lines of server.properties that say what they are. */
  listeners?: readonly string[];
  properties?: readonly string[];
  /** Of the tool that makes the data directory. */
  formatArguments?: readonly string[];
  javaOptions?: readonly string[];
}

/** Starts a broker, on any free port, and waits until it serves topics, groups and transactions, at most `deadline` ms. */
export async function startKafka({
  deadline = 60_000,
  port,
  ...extras
}: Extras & { deadline?: number; port?: number } = {}): Promise<Kafka> {
  requireJars();
  const directory = temporaryDirectory('port-ticker-kafka-');
  const broker = new Broker(directory, port ?? (await freePort()), deadline, extras);
  try {
    await broker.format(await freePort());
    await broker.restart();
  } catch (error) {
    await broker.close();
    throw error;
  }
  return broker;
}

/** The broker that the test runner started for the whole suite; a test file run alone gets one of its own. */
export async function sharedKafka(): Promise<Pick<Kafka, 'brokers' | 'close'>> {
  const brokers = process.env['PORT_TICKER_TEST_BROKERS'];
  return brokers === undefined ? startKafka() : { brokers, close: async () => {} };
}

class Broker implements Kafka {
  readonly brokers: string;
  readonly #directory: TemporaryDirectory;
  readonly #deadline: number;
  readonly #extras: Extras;
  #process: ChildProcess | undefined;

  constructor(directory: TemporaryDirectory, port: number, deadline: number, extras: Extras) {
    this.brokers = `127.0.0.1:${port}`;
    this.#directory = directory;
    this.#deadline = deadline;
    this.#extras = extras;
  }

  get log(): string {
    return readFileSync(this.#file('kafka.log'), 'utf8');
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  bytesOf(topic: string): number {
    const data = this.#file('data');
    return readdirSync(data)
      .filter((folder) => folder.startsWith(`${topic}-`) && /^\d+$/.test(folder.slice(topic.length + 1)))
      .flatMap((folder) => globSync(join(data, folder, '*.log')))
      .reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
  }

  /** Writes the settings and makes the data directory: what Kafka wants done once before its first start. */
  async format(controllerPort: number): Promise<void> {
    writeFileSync(
      this.#file('server.properties'),
      settings(this.brokers, controllerPort, this.#file('data'), this.#extras),
    );
    const tool = [
      'kafka.tools.StorageTool',
      'format',
      '-t',
      randomUUID(),
      '-c',
      this.#file('server.properties'),
      ...(this.#extras.formatArguments ?? []),
    ];
    await promisify(execFile)('java', [...java, ...tool]);
  }

  async restart(): Promise<void> {
    await this.stop();
    const options = [...(this.#extras.javaOptions ?? []), ...java];
    const log = openSync(this.#file('kafka.log'), 'a');
    // setpriv: the broker ends with the process that started it. detached: Ctrl-C is for that process to handle.
    const started = spawn(
      'setpriv',
      ['--pdeathsig', 'KILL', 'java', ...options, 'kafka.Kafka', this.#file('server.properties')],
      { stdio: ['ignore', log, log], detached: true },
    );
    closeSync(log);
    this.#process = started;
    await this.#ready(started);
  }

  async stop(): Promise<void> {
    this.resume();
    await this.#end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  async close(): Promise<void> {
    await this.kill();
    await this.#directory.remove();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const ending = this.#process;
    this.#process = undefined;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    ending.kill(signal);
    await once(ending, 'exit');
  }

  async #ready(started: ChildProcess): Promise<void> {
    const ended = new AbortController();
    started.once('exit', () => ended.abort());
    try {
      await waitForCoordinators(
        this.brokers,
        AbortSignal.any([ended.signal, AbortSignal.timeout(this.#deadline)]),
      );
    } catch (cause) {
      const what = ended.signal.aborted ? 'ended while it started' : `was not ready in ${this.#deadline} ms`;
      const log = this.log.trimEnd().split('\n').slice(-10).join('\n');
      throw new TickerError(`Kafka on ${this.brokers} ${what}; its last words:\n${log}`, {
        code: 'TEST_KAFKA',
        remedy: '',
        cause,
      });
    }
  }

  #file(name: string): string {
    return join(this.#directory.path, name);
  }
}

function requireJars(): void {
  if (existsSync(libraries)) return;
  throw new TickerError(`No Kafka in ${libraries}`, { code: 'TEST_KAFKA', remedy: 'run `make setup`' });
}

/** Only what a single node cannot do without; all else is Kafka's default, as users meet it. */
function settings(
  brokers: string,
  controllerPort: number,
  data: string,
  { listeners = [], properties = [] }: Extras,
): string {
  const all = [`PLAINTEXT://${brokers}`, `CONTROLLER://127.0.0.1:${controllerPort}`, ...listeners];
  return `node.id=1
process.roles=broker,controller
controller.quorum.voters=1@127.0.0.1:${controllerPort}
controller.listener.names=CONTROLLER
listeners=${all.join(',')}
log.dirs=${data}
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
${properties.join('\n')}
`;
}
