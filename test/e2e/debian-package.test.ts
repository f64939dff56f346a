import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isFull } from '../helpers/full.ts';
import { makeDebianPackage, programs } from '../helpers/package.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';

const execute = promisify(execFile);

/** It makes a Debian, which takes minutes. */
if (isFull) {
  privilegedTest(
    'a new Debian takes the package, runs its programs, and is as before when it goes',
    async (t) => {
      const file = await makeDebianPackage();
      const directory = temporaryDirectory('port-ticker-debian-');
      t.after(() => directory.remove());
      const debian = await newDebian(join(directory.path, 'root'));
      cpSync(file, join(debian.root, 'port-ticker.deb'));
      // What it depends on is Debian's own business: it comes before the look at what is there, and stays.
      await debian.run(
        'apt-get',
        'install',
        '--yes',
        '--no-install-recommends',
        'libelf1',
        'libstdc++6',
        'systemd',
      );
      const before = await debian.files();

      await debian.run('apt-get', 'install', '--yes', '--no-install-recommends', '/port-ticker.deb');
      for (const name of programs)
        assert.match(await debian.run(name, '--version'), new RegExp(`^${name} \\d`));
      assert.match(await debian.run('getent', 'passwd', 'port-ticker'), /^port-ticker:/);
      await debian.run(
        'systemd-analyze',
        'verify',
        'port-ticker-producer.service',
        'port-ticker-consumer.service',
      );
      // It has loaded the addon when it asks for the bpf file system.
      const sensor = debian.run('port-ticker-producer', '--devices', 'lo', '--pin-dir', '/run/nowhere/pins');
      await assert.rejects(sensor, { code: 72 });

      await debian.run('apt-get', 'purge', '--yes', 'port-ticker');
      const after = await debian.files();
      assert.deepEqual(
        [...after].filter((path) => !before.has(path)),
        [],
      );
      assert.deepEqual(
        [...before].filter((path) => !after.has(path)),
        [],
      );
    },
  );
}

interface Debian {
  root: string;
  /** Runs a command in it to its end, and returns what it printed. */
  run(command: string, ...args: string[]): Promise<string>;
  /** Every path that packages bring; not what the package manager and the list of users know. */
  files(): Promise<Set<string>>;
}

/** The smallest Debian 12 there is, without a running system; nothing is mounted where others see it. */
async function newDebian(root: string): Promise<Debian> {
  const mirror = (await execute('scripts/mirror.sh')).stdout.trim();
  await execute('debootstrap', ['--variant=minbase', 'bookworm', root, mirror], { maxBuffer: 1e8 });
  // To get at the mirror as this machine does.
  for (const path of ['/etc/resolv.conf', '/etc/hosts', '/etc/apt/apt.conf.d']) {
    if (existsSync(path)) cpSync(path, join(root, path), { recursive: true, dereference: true });
  }
  mkdirSync(join(root, 'run/systemd'), { recursive: true });
  const inside = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', `--root=${root}`];
  const run = async (command: string, ...args: string[]): Promise<string> => {
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
    return (await execute('unshare', [...inside, command, ...args], { env, maxBuffer: 1e8 })).stdout;
  };
  await run('apt-get', 'update');
  const places = ['/etc', '/usr', '/lib', '/bin', '/sbin', '/opt', '/srv', '/var/lib'];
  const known = /^\/(etc\/(passwd|group|shadow|gshadow|subuid|subgid)-?$|var\/lib\/(apt|dpkg)\/)/;
  return {
    root,
    run,
    async files() {
      const all = (await run('find', ...places, '-xdev')).trim().split('\n');
      return new Set(all.filter((path) => !known.test(path)));
    },
  };
}
