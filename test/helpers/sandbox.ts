import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { Cleanup } from './cleanup.ts';

const run = promisify(execFile);

/** One end of a veth pair. */
export interface End {
  namespace: Namespace;
  device: string;
  /** With prefix length: 10.1.0.1/24, fd00::1/64. */
  addresses?: string[];
}

/**
 * A place for tests of the kernel part: a bpf file system and network namespaces of its own, without a link to
 * the machine's network. Everything in it goes when the test ends, however it ends, and when its process dies.
 */
export class Sandbox {
  /** A temporary directory. */
  readonly directory: string;
  /** Where a bpf file system is mounted. */
  readonly bpffs: string;
  readonly #cleaner: ChildProcess;

  private constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'port-ticker-'));
    this.bpffs = join(this.directory, 'bpf');
    this.#cleaner = startCleaner(this.directory, this.bpffs, this.#prefix);
  }

  static async create(test: Cleanup): Promise<Sandbox> {
    const sandbox = new Sandbox();
    test.after(() => sandbox.close());
    await run('mkdir', [sandbox.bpffs]);
    await run('mount', ['-t', 'bpf', 'bpf', sandbox.bpffs]);
    return sandbox;
  }

  /** Not there yet, on the bpf file system. */
  get pinDirectory(): string {
    return join(this.bpffs, 'port-ticker');
  }

  /** A new network namespace, with its loopback up. */
  async namespace(name: string): Promise<Namespace> {
    const namespace = new Namespace(`${this.#prefix}${name}`);
    await run('ip', ['netns', 'add', namespace.name]);
    await namespace.exec('ip', ['link', 'set', 'lo', 'up']);
    return namespace;
  }

  /** Connects two namespaces by a pair of devices, which are up when it returns. */
  async veth(left: End, right: End): Promise<void> {
    await run('ip', [
      ...['-n', left.namespace.name, 'link', 'add', left.device, 'type', 'veth'],
      ...['peer', 'name', right.device, 'netns', right.namespace.name],
    ]);
    for (const { namespace, device, addresses = [] } of [left, right]) {
      for (const address of addresses) {
        const usableAtOnce = address.includes(':') ? ['nodad'] : [];
        await namespace.exec('ip', ['address', 'add', address, 'dev', device, ...usableAtOnce]);
      }
      await namespace.exec('ip', ['link', 'set', device, 'up']);
    }
  }

  async close(): Promise<void> {
    if (this.#cleaner.exitCode !== null || this.#cleaner.signalCode !== null) return;
    this.#cleaner.ref();
    this.#cleaner.stdin?.end();
    await once(this.#cleaner, 'exit');
  }

  /** Of the names of its namespaces: unlike those of any other sandbox. */
  get #prefix(): string {
    return `${basename(this.directory)}-`;
  }
}

export class Namespace {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  get path(): string {
    return `/run/netns/${this.name}`;
  }

  /** Runs a command to its end in the namespace and returns what it printed. */
  async exec(command: string, args: string[]): Promise<string> {
    const { stdout } = await run('nsenter', [`--net=${this.path}`, command, ...args]);
    return stdout;
  }
}

/** A process that cleans up as soon as its standard input ends: by close(), or because this process is gone. */
function startCleaner(directory: string, bpffs: string, prefix: string): ChildProcess {
  const script = `
    cat
    for path in /run/netns/"$3"*; do [ -e "$path" ] && ip netns delete "$(basename "$path")"; done
    umount --lazy "$2"
    rm -rf --one-file-system "$1"
  `;
  const cleaner = spawn('sh', ['-c', script, 'sh', directory, bpffs, prefix], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  cleaner.unref();
  return cleaner;
}
