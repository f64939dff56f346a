import { execFile } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Cleanup } from './cleanup.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const execute = promisify(execFile);

/** Of whatever runs in it. */
export const environment = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  DEBIAN_FRONTEND: 'noninteractive',
};

/** The smallest Debian 12 there is, in a directory that goes with the test; nothing in it runs by itself. */
export class Debian {
  readonly root: string;

  /** Takes a minute. */
  static async make(t: Cleanup): Promise<Debian> {
    const directory = temporaryDirectory('port-ticker-debian-');
    t.after(() => directory.remove());
    const root = join(directory.path, 'root');
    const mirror = (await execute('scripts/mirror.sh')).stdout.trim();
    await execute('debootstrap', ['--variant=minbase', 'bookworm', root, mirror], { maxBuffer: 1e8 });
    // To get at the mirror as this machine does.
    for (const path of ['/etc/resolv.conf', '/etc/hosts', '/etc/apt/apt.conf.d']) {
      if (existsSync(path)) cpSync(path, join(root, path), { recursive: true, dereference: true });
    }
    const debian = new Debian(root);
    await debian.run('apt-get', 'update');
    return debian;
  }

  private constructor(root: string) {
    this.root = root;
  }

  /** Runs a command in it to its end, and returns what it printed. What it mounts is seen by nobody else. */
  async run(command: string, ...args: string[]): Promise<string> {
    const inside = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', `--root=${this.root}`];
    const options = { env: environment, maxBuffer: 1e8 };
    return (await execute('unshare', [...inside, command, ...args], options)).stdout;
  }

  /** Packages by name, and what they depend on. */
  async install(...packages: string[]): Promise<void> {
    await this.run('apt-get', 'install', '--yes', '--no-install-recommends', ...packages);
  }

  /** A package that is a file of this machine's, and what it depends on. */
  async installFile(path: string): Promise<void> {
    const inside = '/package.deb';
    cpSync(path, join(this.root, inside));
    await this.install(inside);
  }
}
