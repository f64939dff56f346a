import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { lastFirst } from '../helpers/cleanup.ts';
import { Debian } from '../helpers/debian.ts';
import { isFull } from '../helpers/full.ts';
import { makeDebianPackage, programs } from '../helpers/package.ts';
import { privilegedTest } from '../helpers/privileged.ts';

/** It makes a Debian, which takes minutes. */
if (isFull) {
  privilegedTest(
    'a new Debian takes the package, runs its programs, and is as before when it goes',
    async (t) => {
      const file = await makeDebianPackage();
      const debian = await Debian.make(lastFirst(t));
      mkdirSync(join(debian.root, 'run/systemd'), { recursive: true });
      // What it depends on is Debian's own business: it comes before the look at what is there, and stays.
      await debian.install('libelf1', 'libstdc++6', 'systemd');
      const before = await files(debian);

      await debian.installFile(file);
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
      const after = await files(debian);
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

/** Every path that packages bring; not what the package manager and the list of users know. */
async function files(debian: Debian): Promise<Set<string>> {
  const places = ['/etc', '/usr', '/lib', '/bin', '/sbin', '/opt', '/srv', '/var/lib'];
  const known = /^\/(etc\/(passwd|group|shadow|gshadow|subuid|subgid)-?$|var\/lib\/(apt|dpkg)\/)/;
  const all = (await debian.run('find', ...places, '-xdev')).trim().split('\n');
  return new Set(all.filter((path) => !known.test(path)));
}
