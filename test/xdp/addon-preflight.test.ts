import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { runChild } from '../helpers/child.ts';
import { openSensor } from '../helpers/open-sensor.ts';
import { unprivileged } from '../helpers/privileged.ts';
import { Sandbox } from '../helpers/sandbox.ts';

const nobody = Number(execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' }));

describe('a machine or user that cannot run a sensor', { skip: unprivileged }, () => {
  for (const [dropped, missing] of [
    ['-bpf,-sys_admin', 'CAP_BPF'],
    ['-net_admin', 'CAP_NET_ADMIN'],
    ['-perfmon,-sys_admin', 'CAP_PERFMON'],
    ['-bpf,-perfmon,-net_admin,-sys_admin', 'CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON'],
  ] as const) {
    test(`is told that ${missing} is missing`, async (t) => {
      const { pinDirectory } = await Sandbox.create(t);
      const { code, output } = await runChild({
        pinDirectory,
        scenario: 'open',
        wrapper: ['setpriv', `--bounding-set=${dropped}`, `--inh-caps=${dropped}`],
      });
      const error = JSON.parse(output);
      assert.equal(code, 1);
      assert.equal(error.code, 'ENOCAP');
      assert.match(error.message, new RegExp(`missing ${missing}$`));
      assert.match(error.remedy, /AmbientCapabilities/);
      assert.equal(existsSync(pinDirectory), false);
    });
  }

  test('needs no CAP_BPF and CAP_PERFMON where it has CAP_SYS_ADMIN', async (t) => {
    const { pinDirectory } = await Sandbox.create(t);
    const dropped = '-bpf,-perfmon';
    const wrapper = ['setpriv', `--bounding-set=${dropped}`, `--inh-caps=${dropped}`];
    assert.equal((await runChild({ pinDirectory, scenario: 'open', wrapper })).output, 'ok\n');
  });

  test('works as an ordinary user with three capabilities', async (t) => {
    const sandbox = await publicSandbox(t);
    mkdirSync(sandbox.pinDirectory);
    chownSync(sandbox.pinDirectory, nobody, nobody);
    const { output } = await runChild({
      pinDirectory: sandbox.pinDirectory,
      scenario: 'open',
      wrapper: asNobody(),
    });
    assert.equal(output, 'ok\n');
  });

  test('is told when the directory is not writable for this user', async (t) => {
    const sandbox = await publicSandbox(t);
    mkdirSync(sandbox.pinDirectory, { mode: 0o755 });
    for (const pinDirectory of [sandbox.pinDirectory, join(sandbox.pinDirectory, 'deeper', 'down')]) {
      const { output } = await runChild({ pinDirectory, scenario: 'open', wrapper: asNobody() });
      const error = JSON.parse(output);
      assert.equal(error.code, 'EACCES');
      assert.match(error.message, /use the pin directory .*: Permission denied/);
      assert.match(error.remedy, /Make it writable for this user, or mount one of its own/);
    }
  });

  test('is told when the bpf file system is read-only', async (t) => {
    const sandbox = await Sandbox.create(t);
    execFileSync('mount', ['-o', 'remount,ro', sandbox.bpffs]);
    assert.throws(() => openSensor(t, sandbox), { code: 'BPFFS_READONLY', message: /Read-only file system/ });
  });

  test('is told how to mount a bpf file system when there is none', async (t) => {
    const sandbox = await Sandbox.create(t);
    const pinDirectory = join(sandbox.directory, 'port-ticker');
    assert.throws(() => openSensor(t, sandbox, { pinDirectory }), {
      code: 'NO_BPFFS',
      message: new RegExp(`${sandbox.directory} is not on a bpf file system`),
      remedy: 'Mount one (mount -t bpf bpf /sys/fs/bpf) and choose a directory below it.',
    });
  });

  test('is told that a bpf file system allows no dot', async (t) => {
    const sandbox = await Sandbox.create(t);
    const pinDirectory = join(sandbox.bpffs, 'v1.0', 'pins');
    assert.throws(() => openSensor(t, sandbox, { pinDirectory }), {
      code: 'SETTINGS',
      remedy: /without a dot/,
    });
  });

  test('is told when its kernel is too old', async (t) => {
    const { pinDirectory } = await Sandbox.create(t);
    // the personality that makes uname say 2.6.x
    const { output } = await runChild({
      pinDirectory,
      scenario: 'open',
      wrapper: ['setarch', '--uname-2.6'],
    });
    const error = JSON.parse(output);
    assert.equal(error.code, 'EOLDKERNEL');
    assert.match(error.message, /check the kernel's version: it is 2\.6\./);
    assert.match(error.remedy, /5\.15/);
  });
});

/** A sandbox that other users can reach. */
async function publicSandbox(t: Parameters<typeof Sandbox.create>[0]): Promise<Sandbox> {
  const sandbox = await Sandbox.create(t);
  chmodSync(sandbox.directory, 0o711);
  return sandbox;
}

/** The fourth capability only lets it read this repository wherever it lies. */
function asNobody(): string[] {
  const capabilities = '+bpf,+net_admin,+perfmon,+dac_read_search';
  return [
    ...['setpriv', `--reuid=${nobody}`, '--clear-groups'],
    ...[`--inh-caps=-all,${capabilities}`, `--ambient-caps=-all,${capabilities}`],
  ];
}
