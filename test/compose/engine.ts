import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { Cleanup } from '../helpers/cleanup.ts';
import { removeControlGroups } from '../helpers/control-groups.ts';
import { eventually } from '../helpers/eventually.ts';

const run = promisify(execFile);

/**
 * Where an engine has its network: `machine` is for building images, on the machine's own network and without a bridge or
 * a rule of a firewall; `nowhere` is for running containers, in a namespace without a link to any other network.
 */
export type Place = 'machine' | 'nowhere';

/**
 * A Docker engine of the test's own. It has its processes, mounts and – `nowhere` – network in namespaces of its own, so
 * all of it goes when it is stopped, or when this process dies. Two of them may use a directory one after the other.
 */
export class Engine {
  readonly #directory: string;
  readonly #process: ChildProcess;

  private constructor(directory: string, place: Place) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true });
    const log = openSync(this.#file('log'), 'a');
    const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
    if (place === 'nowhere') namespaces.push('--net');
    const engine = ['dockerd', '--data-root', this.#file('data'), '--exec-root', this.#file('run')];
    engine.push('--pidfile', this.#file('pid'), '--host', this.address, '--cgroup-parent', this.#cgroup);
    if (place === 'machine') {
      engine.push('--bridge=none', '--iptables=false', '--ip-forward=false', '--ip-masq=false');
    }
    this.#process = spawn(
      'setpriv',
      ['--pdeathsig', 'KILL', 'unshare', ...namespaces, 'sh', '-euc', script, 'sh', directory, ...engine],
      { stdio: ['ignore', log, log] },
    );
    closeSync(log);
  }

  static async start(t: Cleanup, directory: string, place: Place): Promise<Engine> {
    const engine = new Engine(directory, place);
    t.after(() => engine.stop());
    try {
      await eventually('the engine answers', () => engine.#answers(), 60_000);
    } catch (cause) {
      const log = readFileSync(engine.#file('log'), 'utf8').trimEnd().split('\n').slice(-10).join('\n');
      throw new Error(`dockerd did not start; its last words:\n${log}`, { cause });
    }
    return engine;
  }

  /** For DOCKER_HOST. */
  get address(): string {
    return `unix://${this.#file('docker.sock')}`;
  }

  /** Ends the engine and every container. Images and volumes stay in the directory. */
  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill('SIGKILL'); // and with it all of its namespace
      await once(this.#process, 'exit');
    }
    // Process ids in there would be those of others for the next engine.
    for (const name of ['docker.sock', 'pid', 'run']) {
      await rm(this.#file(name), { recursive: true, force: true });
    }
    await removeControlGroups(this.#cgroup);
  }

  /** Runs a command for this engine, and returns what it printed. */
  async exec(command: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    const [program = '', ...args] = command;
    const { stdout } = await run(program, args, {
      env: { ...process.env, DOCKER_HOST: this.address, ...env },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  }

  docker(...args: readonly string[]): Promise<string> {
    return this.exec(['docker', ...args]);
  }

  /** Runs a command where the ports of containers are published, and returns what it printed. */
  async inNetwork(...command: readonly string[]): Promise<string> {
    const { stdout } = await run('nsenter', [`--net=/proc/${this.#first}/ns/net`, ...command]);
    return stdout;
  }

  /** Runs a command with the engine's view of processes, and returns what it printed. */
  async inside(...command: readonly string[]): Promise<string> {
    const { stdout } = await run('nsenter', [`--target=${this.#first}`, '--mount', '--pid', ...command]);
    return stdout;
  }

  /** Where bpf file systems are mounted in the engine's directory. */
  get bpfMounts(): string[] {
    const mounts = readFileSync(`/proc/${this.#first}/mounts`, 'utf8')
      .split('\n')
      .map((line) => line.split(' '));
    return mounts.flatMap(([, path = '', type]) =>
      type === 'bpf' && path.startsWith(this.#directory) ? [path] : [],
    );
  }

  /** The first process in the namespaces, as this one sees it. */
  get #first(): string {
    const { pid } = this.#process;
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  }

  get #cgroup(): string {
    return basename(this.#directory);
  }

  async #answers(): Promise<boolean> {
    if (!existsSync(this.#file('docker.sock'))) return false;
    return this.docker('version').then(
      () => true,
      () => false,
    );
  }

  #file(name: string): string {
    return join(this.#directory, name);
  }
}

/**
 * What an engine writes beside its own directories stays in the namespace. sh is the first process there, and takes in
 * those whose parents are gone.
 */
const script = `
  directory=$1; shift
  mkdir -p "$directory/etc" "$directory/work"
  mount -t overlay -o "lowerdir=/etc,upperdir=$directory/etc,workdir=$directory/work" overlay /etc
  mount -t tmpfs tmpfs /run
  mount -t tmpfs tmpfs /opt
  ip link set lo up
  "$@" &
  wait
`;
