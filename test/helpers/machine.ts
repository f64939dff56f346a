import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { exitCodes } from '../../src/common/errors.ts';
import { type Cleanup, lastFirst } from './cleanup.ts';
import { freePort } from './free-port.ts';
import type { Program } from './program.ts';
import { type Namespace, Sandbox } from './sandbox.ts';
import { Service } from './service.ts';

/** A machine that runs no Kafka: a namespace with the devices watch0 and watch1, and a bpf file system. */
export class Machine {
  readonly sandbox: Sandbox;
  readonly target: Namespace;
  /** Where the other ends of the devices are, under the same names. */
  readonly peers: Namespace;
  readonly settings: Readonly<Record<'KAFKA_BROKERS' | 'DEVICES' | 'NETNS' | 'PIN_DIR', string>>;
  readonly #cleanup: Cleanup;

  static async create(t: Cleanup): Promise<Machine> {
    const cleanup = lastFirst(t);
    const sandbox = await Sandbox.create(cleanup);
    const target = await sandbox.namespace('target');
    const peers = await sandbox.namespace('peers');
    for (const device of ['watch0', 'watch1']) {
      await sandbox.veth({ namespace: target, device }, { namespace: peers, device });
    }
    return new Machine(cleanup, sandbox, { target, peers }, `127.0.0.1:${await freePort()}`);
  }

  private constructor(
    cleanup: Cleanup,
    sandbox: Sandbox,
    { target, peers }: Record<'target' | 'peers', Namespace>,
    brokers: string,
  ) {
    this.#cleanup = cleanup;
    this.sandbox = sandbox;
    this.target = target;
    this.peers = peers;
    this.settings = {
      KAFKA_BROKERS: brokers,
      DEVICES: 'watch0',
      NETNS: target.path,
      PIN_DIR: sandbox.pinDirectory,
    };
  }

  producer(
    settings: Readonly<Record<string, string>> = {},
    {
      args = [],
      wrapper = [],
      root = '',
    }: { args?: readonly string[]; wrapper?: readonly string[]; root?: string } = {},
  ): Service {
    return new Service(this.#cleanup, 'producer', { ...this.settings, ...settings }, args, wrapper, root);
  }

  /** A producer that lives in the namespace of its devices and need not enter it. */
  insider(wrapper: readonly string[]): Service {
    const inside = ['nsenter', `--net=${this.target.path}`, ...wrapper];
    return this.producer({ NETNS: '' }, { wrapper: inside });
  }

  /** The XDP programs on the devices, "watch0 17". */
  async attached(): Promise<string[]> {
    const links: { ifname: string; xdp?: { prog: { id: number } } }[] = JSON.parse(
      await this.target.exec('ip', ['-json', 'link', 'show']),
    );
    return links.flatMap(({ ifname, xdp }) => (xdp === undefined ? [] : [`${ifname} ${xdp.prog.id}`]));
  }

  /** What is below the pin directory, and the directory itself: a lock needs it. */
  pinned(): string[] {
    const { pinDirectory } = this.sandbox;
    return existsSync(pinDirectory)
      ? ['.', ...readdirSync(pinDirectory, { recursive: true }).map(String)]
      : [];
  }

  async assertUntouched(): Promise<void> {
    assert.deepEqual([await this.attached(), this.pinned()], [[], []]);
  }
}

export const stackTrace = /"stack"|\n? {4}at /;

/** Waits for a program's end, with this exit code and one line on stderr that names a remedy and matches. */
export async function assertFails(
  { program }: { program: Program },
  code: keyof typeof exitCodes,
  line: RegExp,
): Promise<void> {
  const exitCode = await program.exit();
  assert.match(program.stderr, /^[^\n]+ – [^\n]+\n$/, program.stdout);
  assert.match(program.stderr, line);
  assert.doesNotMatch(program.stdout, stackTrace);
  assert.equal(exitCode, exitCodes[code]);
}
