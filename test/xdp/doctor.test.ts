import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { remote, runDoctor } from '../helpers/doctor.ts';
import { eventually } from '../helpers/eventually.ts';
import { openSensor } from '../helpers/open-sensor.ts';
import { otherBuild } from '../helpers/other-build.ts';
import { unprivileged } from '../helpers/privileged.ts';
import { startProgram } from '../helpers/program.ts';
import { type Namespace, Sandbox } from '../helpers/sandbox.ts';
import { asNobody } from '../helpers/unprivileged.ts';

const capabilities = ['bpf', 'net_admin', 'perfmon'];

/** A machine with a device eth0 in a namespace, and how to have it looked at. */
async function machine(t: TestContext) {
  const sandbox = await Sandbox.create(t);
  const target = await sandbox.namespace('target');
  const peer = await sandbox.namespace('peer');
  await sandbox.veth({ namespace: target, device: 'eth0' }, { namespace: peer, device: 'peer0' });
  const look = ({
    device = 'eth0',
    env = {},
    wrapper = [] as string[],
    netns = target.path,
    root = '',
  } = {}) =>
    runDoctor(
      t,
      ['-d', device, '--netns', netns, '--skip', remote],
      { PORT_TICKER_PIN_DIR: sandbox.pinDirectory, ...env },
      wrapper,
      root,
    );
  return { sandbox, target, look };
}

/** The same without entering the namespace: everything runs in it. */
function inside({ path }: Namespace): string[] {
  return ['nsenter', `--net=${path}`];
}

async function verdicts(looking: ReturnType<typeof runDoctor>) {
  const { code, found } = await looking;
  return { code, found, of: (id: string) => found.get(id)?.verdict };
}

describe('doctor, of a machine', { skip: unprivileged }, () => {
  test('that can run a sensor finds nothing but the VLAN offload that veth devices have, and leaves nothing', async (t) => {
    const { sandbox, target, look } = await machine(t);
    const pinned = readdirSync(sandbox.bpffs);
    const before = await verdicts(look());
    const notFine = [...before.found].filter(([, { verdict }]) => verdict !== 'OK').map(([id]) => id);
    assert.deepEqual(notFine, ['vlan-offload']);
    assert.match(before.found.get('vlan-offload')?.remedy ?? '', /^ethtool -K eth0 rxvlan off/);
    assert.equal(before.code, 0);
    await target.exec('ethtool', ['-K', 'eth0', 'rxvlan', 'off']);
    const after = await verdicts(look());
    assert.deepEqual([after.of('vlan-offload'), after.code], ['OK', 0]);
    assert.deepEqual(readdirSync(sandbox.bpffs), pinned);
  });

  test('names the capabilities that are missing', async (t) => {
    const { sandbox, target } = await machine(t);
    const args = ['-d', 'eth0', '--skip', remote];
    const env = { PORT_TICKER_PIN_DIR: sandbox.pinDirectory };
    const { code, found } = await runDoctor(t, args, env, [...inside(target), ...asNobody('net_admin')]);
    assert.equal(found.get('capabilities')?.verdict, 'FAIL');
    assert.match(found.get('capabilities')?.found ?? '', /lacks CAP_BPF, CAP_PERFMON$/);
    assert.match(found.get('capabilities')?.remedy ?? '', /AmbientCapabilities/);
    assert.equal(found.get('program')?.verdict, 'UNKNOWN');
    assert.equal(found.get('driver-mode')?.verdict, 'OK');
    assert.equal(code, 1);
  });

  test('is content with an ordinary user who has them, and whose pin directory it is', async (t) => {
    const { sandbox, target } = await machine(t);
    const nobody = Number(execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' }));
    chmodSync(sandbox.directory, 0o755);
    execFileSync('mount', ['-o', 'remount,mode=755', sandbox.bpffs]);
    mkdirSync(sandbox.pinDirectory);
    chownSync(sandbox.pinDirectory, nobody, nobody);
    const args = ['-d', 'eth0', '--skip', `${remote},vlan-offload`];
    const env = { PORT_TICKER_PIN_DIR: sandbox.pinDirectory };
    const wrapper = [...inside(target), ...asNobody(...capabilities)];
    const { code, found } = await runDoctor(t, args, env, wrapper);
    const notFine = [...found].filter(([, { verdict }]) => verdict !== 'OK');
    assert.deepEqual([notFine, code], [[], 0]);
    assert.deepEqual(readdirSync(sandbox.pinDirectory), []);
  });

  test('tells that entering a namespace takes one capability more', async (t) => {
    const { look } = await machine(t);
    const { found } = await verdicts(look({ wrapper: asNobody(...capabilities) }));
    assert.match(found.get('capabilities')?.found ?? '', /lacks CAP_SYS_ADMIN/);
    assert.equal(found.get('device')?.verdict, 'UNKNOWN');
  });

  test('with a kernel that is too old is told so, and what that means for large frames', async (t) => {
    const { target, look } = await machine(t);
    await target.exec('ip', ['link', 'set', 'eth0', 'mtu', '9000']);
    const { code, found, of } = await verdicts(look({ wrapper: ['setarch', '--uname-2.6'] }));
    assert.deepEqual([of('kernel'), of('program'), of('mtu'), code], ['FAIL', 'UNKNOWN', 'WARN', 1]);
    assert.match(found.get('kernel')?.found ?? '', /^Linux 2\.6\.\d+.* is too old$/);
    assert.match(found.get('mtu')?.found ?? '', /before Linux 5\.18/);
  });

  test('tells a program that the verifier refuses, and an addon that is missing, and goes on', async (t) => {
    const { look } = await machine(t);
    const root = await otherBuild(t, [
      {
        file: 'xdp/port_ticker.bpf.c',
        from: /return observe\(ctx\);/g,
        to: 'return observe(ctx) + *(volatile int *)(long)ctx->data_end;',
      },
    ]);
    const refused = await verdicts(look({ root }));
    assert.deepEqual([refused.of('program'), refused.of('lock'), refused.code], ['FAIL', 'OK', 1]);
    assert.match(refused.found.get('program')?.found ?? '', /the verifier refused it: .*invalid mem access/);
    assert.match(refused.found.get('program')?.remedy ?? '', /as root .* report this with `uname -r`/);

    rmSync(join(root, 'build/port_ticker.node'));
    const missing = await verdicts(look({ root }));
    assert.deepEqual([missing.of('program'), missing.of('lock'), missing.code], ['FAIL', 'OK', 1]);
    assert.match(missing.found.get('program')?.found ?? '', /native addon .*there is no such file/);
    assert.equal(missing.found.get('program')?.remedy, 'Build it: `make build`.');
  });

  test('says how to mount a bpf file system where there is none', async (t) => {
    const { sandbox, look } = await machine(t);
    const PORT_TICKER_PIN_DIR = join(sandbox.directory, 'port-ticker');
    const { code, found, of } = await verdicts(look({ env: { PORT_TICKER_PIN_DIR } }));
    assert.equal(of('bpffs'), 'FAIL');
    assert.match(
      found.get('bpffs')?.found ?? '',
      new RegExp(`${sandbox.directory} is not on a bpf file system`),
    );
    assert.match(found.get('bpffs')?.remedy ?? '', /mount -t bpf bpf/);
    assert.equal(of('program'), 'UNKNOWN');
    assert.equal(code, 1);
    assert.equal(existsSync(PORT_TICKER_PIN_DIR), false);
  });

  test('names the process that holds the lock: fine if it is the producer, else a warning', async (t) => {
    const { sandbox, target, look } = await machine(t);
    mkdirSync(sandbox.pinDirectory);
    const foreign = lockedBySomebody(t, sandbox.pinDirectory);
    await eventually('it is locked', () => readFileSync('/proc/locks', 'utf8').includes(` ${foreign.pid} `));
    const { found } = await verdicts(look());
    assert.equal(found.get('lock')?.verdict, 'WARN');
    assert.match(found.get('lock')?.found ?? '', new RegExp(`locked by process ${foreign.pid} \\(sleep 60`));
    foreign.kill('SIGKILL');
    await once(foreign, 'exit');

    const settings = {
      PIN_DIR: sandbox.pinDirectory,
      NETNS: target.path,
      DEVICES: 'eth0',
      MAX_SOURCES: '4096',
    };
    const first = producer(t, settings);
    await first.says(/attached eth0|eth0.*driver/, 30_000);
    const second = producer(t, settings);
    assert.equal(await second.exit(), 75);
    const running = await verdicts(look());
    assert.equal(running.of('lock'), 'OK');
    assert.match(
      running.found.get('lock')?.found ?? '',
      new RegExp(`^process ${first.pid} .*a second one cannot start`),
    );
    assert.equal(running.of('program'), 'OK');
    assert.equal(running.found.get('driver-mode')?.found, 'attached in driver mode');
    assert.deepEqual([running.of('other-program'), running.of('pins')], ['OK', 'OK']);

    first.kill('SIGKILL');
    await first.exit();
    const { found: left } = await verdicts(look());
    assert.equal(left.get('pins')?.verdict, 'WARN');
    assert.equal(left.get('pins')?.found, 'the program on eth0 counts, and no producer delivers it');
    assert.match(left.get('pins')?.remedy ?? '', /start port-ticker-producer.*--remove/);
  });
});

describe('doctor, of a device', { skip: unprivileged }, () => {
  test('that does not exist fails, and one that is down is a warning', async (t) => {
    const { target, look } = await machine(t);
    const missing = await verdicts(look({ device: 'eth7' }));
    assert.equal(missing.of('device'), 'FAIL');
    assert.match(missing.found.get('device')?.found ?? '', /there is no device eth7 in \/run\/netns\//);
    assert.equal(missing.of('mtu'), 'UNKNOWN');
    await target.exec('ip', ['link', 'set', 'eth0', 'down']);
    const down = await verdicts(look());
    assert.deepEqual([down.of('device'), down.found.get('device')?.remedy], ['WARN', 'ip link set eth0 up']);
  });

  test('without driver mode warns, and with frames that its driver may not take in driver mode', async (t) => {
    const { target, look } = await machine(t);
    const lo = await verdicts(look({ device: 'lo' }));
    assert.deepEqual([lo.of('driver-mode'), lo.of('mtu'), lo.of('device')], ['WARN', 'OK', 'OK']);
    await target.exec('ip', ['link', 'set', 'eth0', 'mtu', '9000']);
    const large = await verdicts(look());
    assert.deepEqual([large.of('driver-mode'), large.of('mtu')], ['OK', 'OK']);
    await target.exec('ip', ['tuntap', 'add', 'tap0', 'mode', 'tap']);
    await target.exec('ip', ['link', 'set', 'tap0', 'mtu', '9000']);
    const tap = await verdicts(look({ device: 'tap0' }));
    assert.deepEqual([tap.of('driver-mode'), tap.of('mtu')], ['OK', 'WARN']);
    assert.match(tap.found.get('mtu')?.remedy ?? '', /skb mode/);
  });

  test('is not judged by what cannot be asked where ethtool is missing', async (t) => {
    const { look } = await machine(t);
    const hide = 'mount --bind /dev/null "$(readlink -f "$(command -v ethtool)")" && exec "$@"';
    const { code, found, of } = await verdicts(
      look({ wrapper: ['unshare', '--mount', 'sh', '-c', hide, 'sh'] }),
    );
    assert.deepEqual(['device', 'driver-mode', 'mtu', 'vlan-offload', 'other-program'].map(of), [
      'OK',
      'UNKNOWN',
      'OK',
      'UNKNOWN',
      'OK',
    ]);
    assert.equal(found.get('vlan-offload')?.remedy, 'install ethtool');
    assert.equal(code, 3);
  });

  test('that is attached in skb mode says so', async (t) => {
    const { sandbox, target, look } = await machine(t);
    openSensor(t, sandbox, { netns: target.path }).attach('eth0', 'skb');
    const { found } = await verdicts(look());
    assert.equal(found.get('driver-mode')?.found, 'eth0 is attached in skb mode');
    assert.equal(found.get('other-program')?.found, 'only our own');
  });

  test('with a program of another owner fails, with its number and name', async (t) => {
    const { sandbox, target, look } = await machine(t);
    const pin = join(sandbox.bpffs, 'foreign');
    execFileSync('bpftool', ['prog', 'load', 'build/bench/pass.bpf.o', pin, 'type', 'xdp']);
    await target.exec('bpftool', ['net', 'attach', 'xdp', 'pinned', pin, 'dev', 'eth0']);
    const { code, found } = await verdicts(look());
    assert.equal(found.get('other-program')?.verdict, 'FAIL');
    assert.match(
      found.get('other-program')?.found ?? '',
      /^XDP program \d+ \(pass\) of another owner .* driver mode$/,
    );
    assert.match(found.get('other-program')?.remedy ?? '', /ip link set dev eth0 xdp off/);
    assert.equal(code, 1);
    const wrapper = [...inside(target), ...asNobody()];
    const blind = await runDoctor(t, ['-d', 'eth0', '--skip', remote], {}, wrapper);
    assert.equal(blind.found.get('other-program')?.verdict, 'UNKNOWN');
  });
});

/** A process that is no producer holds the lock of a directory until it is killed, or the test ends. */
function lockedBySomebody(t: TestContext, directory: string): ChildProcess {
  const command = ['flock', '--no-fork', directory, 'sleep', '60'];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...command], { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

/** One that never reaches Kafka. */
function producer(t: TestContext, settings: Readonly<Record<string, string>>) {
  const all = { ...settings, KAFKA_BROKERS: '127.0.0.1:1', PRODUCER_HTTP_PORT: '0' };
  const env = Object.fromEntries(Object.entries(all).map(([key, value]) => [`PORT_TICKER_${key}`, value]));
  return startProgram(t, 'src/producer/main.ts', [], env);
}
