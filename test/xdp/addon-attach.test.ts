import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TickerError } from '../../src/common/errors.ts';
import { enumerators } from '../../src/producer/native.ts';
import type { Sensor } from '../../xdp/addon/addon.d.ts';
import { eventually } from '../helpers/eventually.ts';
import { openSensor } from '../helpers/open-sensor.ts';
import { unprivileged } from '../helpers/privileged.ts';
import { type Namespace, Sandbox } from '../helpers/sandbox.ts';

describe('attaching', { skip: unprivileged }, () => {
  test('a veth device gets the program in driver mode, and its packets are counted', async (t) => {
    const { sensor, scanner } = await connected(t);
    const attachment = sensor.attach('eth0', 'auto');
    assert.equal(attachment.mode, 'driver');
    assert.deepEqual(sensor.attachments(), [attachment]);

    const packets = enumerators('statistic')['STAT_PACKETS_IPV4'] ?? -1;
    await scanner.exec('bash', ['-c', 'for port in 1 2 3; do echo > /dev/udp/10.1.0.2/$port; done']);
    await eventually('three packets are counted', () => sensor.statistics()[packets] === 3);
  });

  test('repeating it changes nothing', async (t) => {
    const { sensor } = await connected(t);
    const attachment = sensor.attach('eth0', 'driver');
    assert.deepEqual(sensor.attach('eth0', 'driver'), attachment);
    assert.deepEqual(sensor.attach('eth0', 'auto'), attachment);
    assert.deepEqual(sensor.attachments(), [attachment]);
  });

  test('asking for another mode changes the mode', async (t) => {
    const { sensor, target } = await connected(t);
    sensor.attach('eth0', 'driver');
    assert.equal(sensor.attach('eth0', 'skb').mode, 'skb');
    assert.deepEqual(modes(await xdpOf(target, 'eth0')), ['skb']);
    assert.equal(sensor.attach('eth0', 'auto').mode, 'skb');
    assert.equal(sensor.attach('eth0', 'driver').mode, 'driver');
    assert.deepEqual(modes(await xdpOf(target, 'eth0')), ['driver']);
  });

  test('a device without driver mode gets skb mode by auto, and an error that says so by driver', async (t) => {
    const { sensor } = await connected(t);
    assertThrows(
      () => sensor.attach('lo', 'driver'),
      'MODE_UNSUPPORTED',
      /attach lo in driver mode/,
      /skb or auto/,
    );
    assert.deepEqual(sensor.attachments(), []);
    const attachment = sensor.attach('lo', 'auto');
    assert.equal(attachment.mode, 'skb');
    assertThrows(
      () => sensor.attach('lo', 'driver'),
      'MODE_UNSUPPORTED',
      /attach lo in driver mode/,
      /skb or auto/,
    );
    const [after] = sensor.attachments();
    assert.deepEqual({ ...after, linkId: 0 }, { ...attachment, linkId: 0 }, 'it goes on as it was');
  });

  test('an attachment in another network namespace is not taken for one here, though name and index are the same', async (t) => {
    const { sensor, sandbox, scanner, target } = await connected(t);
    const there = sensor.attach('eth0', 'auto');
    sensor.close();
    const next = openSensor(t, sandbox, { netns: scanner.path });
    const here = next.attach('eth0', 'auto');
    assert.deepEqual([here.ifindex, here.mode], [there.ifindex, 'driver']);
    assert.deepEqual(modes(await xdpOf(scanner, 'eth0')), ['driver']);
    assert.deepEqual(modes(await xdpOf(target, 'eth0')), []);
  });

  test('frames of 9000 bytes do not keep it from driver mode', async (t) => {
    const { sensor, scanner, target } = await connected(t);
    for (const end of [scanner, target]) await end.exec('ip', ['link', 'set', 'eth0', 'mtu', '9000']);
    assert.equal(sensor.attach('eth0', 'auto').mode, 'driver');
  });

  test('several devices share one program, and one is detached without the other', async (t) => {
    const { sensor } = await connected(t);
    const first = sensor.attach('eth0', 'auto');
    const second = sensor.attach('lo', 'auto');
    assert.equal(first.programId, second.programId);
    sensor.detach('eth0');
    assert.deepEqual(sensor.attachments(), [second]);
    assertThrows(() => sensor.detach('eth0'), 'ENOENT', /detach eth0: it is not attached/, /./);
  });

  for (const device of ['eth0.100', 'a_b-c.2e', 'x'.repeat(15)]) {
    test(`the device name ${device} can be pinned`, async (t) => {
      const { sensor, sandbox, scanner, target } = await connected(t);
      await sandbox.veth({ namespace: scanner, device: 'eth1' }, { namespace: target, device });
      const attachment = sensor.attach(device, 'auto');
      assert.equal(attachment.device, device);
      sensor.close();
      assert.deepEqual(
        openSensor(t, sandbox, { netns: target.path })
          .attachments()
          .map(({ device }) => device),
        [device],
      );
    });
  }

  test('an unknown device is named', async (t) => {
    const { sensor, sandbox } = await connected(t);
    assertThrows(
      () => sensor.attach('eth7', 'auto'),
      'UNKNOWN_DEVICE',
      /attach eth7: there is no such device/,
      /ip link/,
    );
    assertThrows(() => sensor.attach('no/device', 'auto'), 'UNKNOWN_DEVICE', /no such device/, /./);
    assertThrows(() => sensor.attach('lo\0x', 'auto'), 'SETTINGS', /without zero bytes/, /./);
    assert.deepEqual(linksIn(sandbox), []);
  });

  test('an unknown network namespace is named', async (t) => {
    const sandbox = await Sandbox.create(t);
    const open = () => openSensor(t, sandbox, { netns: '/run/netns/port-ticker-none' });
    assertThrows(open, 'SETTINGS', /port-ticker-none: No such file/, /ip netns/);
  });
});

describe("another owner's XDP program", { skip: unprivileged }, () => {
  for (const [theirs, option] of [
    ['driver', 'xdpdrv'],
    ['skb', 'xdpgeneric'],
  ] as const) {
    test(`in ${theirs} mode is named and stays in place`, async (t) => {
      const { sensor, sandbox, target } = await connected(t);
      await target.exec('ip', [
        'link',
        'set',
        'dev',
        'eth0',
        option,
        'object',
        passObject(sandbox),
        'section',
        'xdp',
      ]);
      const before = await xdpOf(target, 'eth0');

      for (const mode of ['auto', 'driver', 'skb'] as const) {
        assertThrows(
          () => sensor.attach('eth0', mode),
          'DEVICE_BUSY',
          new RegExp(`XDP program ${before.prog?.id} of another owner is attached in ${theirs} mode`),
          /ip link set dev eth0 xdp off/,
        );
      }
      assert.deepEqual(await xdpOf(target, 'eth0'), before);
      assert.deepEqual(linksIn(sandbox), []);
    });
  }
});

describe('a device that goes', { skip: unprivileged }, () => {
  test('takes its attachment along, and gets a new one when it comes back', async (t) => {
    const { sensor, sandbox, scanner, target } = await connected(t);
    sensor.attach('eth0', 'auto');
    await target.exec('ip', ['link', 'delete', 'eth0']);
    assert.deepEqual(sensor.attachments(), []);
    assert.deepEqual(linksIn(sandbox), []);

    await sandbox.veth({ namespace: scanner, device: 'eth0' }, { namespace: target, device: 'eth0' });
    assert.equal(sensor.attach('eth0', 'auto').mode, 'driver');
    await target.exec('ip', ['link', 'delete', 'eth0']);
    await sandbox.veth({ namespace: scanner, device: 'eth0' }, { namespace: target, device: 'eth0' });
    assert.equal(sensor.attach('eth0', 'auto').mode, 'driver');
  });

  test('is forgotten when the next process takes over', async (t) => {
    const { sensor, sandbox, target } = await connected(t);
    sensor.attach('eth0', 'auto');
    sensor.attach('lo', 'auto');
    sensor.close();
    await target.exec('ip', ['link', 'delete', 'eth0']);
    const next = openSensor(t, sandbox, { netns: target.path });
    assert.deepEqual(
      next.attachments().map(({ device }) => device),
      ['lo'],
    );
  });

  test('with its whole namespace is no error', async (t) => {
    const { sensor, sandbox, target } = await connected(t);
    sensor.attach('eth0', 'auto');
    execFileSync('ip', ['netns', 'delete', target.name]);
    await eventually('the attachment is gone', () => {
      try {
        return sensor.attachments().length === 0;
      } catch (error) {
        assert.match(String(error), /enter the network namespace/); // the kernel takes its time to tear it down
        return false;
      }
    });
    assert.deepEqual(linksIn(sandbox), []);
  });
});

/** A sensor on `target`, whose eth0 is connected to that of `scanner`. */
async function connected(
  t: TestContext,
): Promise<{ sensor: Sensor; sandbox: Sandbox; scanner: Namespace; target: Namespace }> {
  const sandbox = await Sandbox.create(t);
  const scanner = await sandbox.namespace('scanner');
  const target = await sandbox.namespace('target');
  await sandbox.veth(
    { namespace: scanner, device: 'eth0', addresses: ['10.1.0.1/24'] },
    { namespace: target, device: 'eth0', addresses: ['10.1.0.2/24'] },
  );
  return { sensor: openSensor(t, sandbox, { netns: target.path }), sandbox, scanner, target };
}

function assertThrows(call: () => unknown, code: string, message: RegExp, remedy: RegExp): void {
  assert.throws(call, (error) => {
    assert.ok(error instanceof TickerError);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    assert.match(error.remedy, remedy);
    return true;
  });
}

interface Xdp {
  prog?: { id: number };
  mode?: number;
}

/** What iproute2 says about XDP on a device. */
async function xdpOf(namespace: Namespace, device: string): Promise<Xdp> {
  const [link] = JSON.parse(await namespace.exec('ip', ['-json', 'link', 'show', 'dev', device]));
  return link.xdp ?? {};
}

function modes({ mode }: Xdp): string[] {
  const names = ['none', 'driver', 'skb', 'offloaded', 'several'];
  return mode === undefined ? [] : [names[mode] ?? 'unknown'];
}

function linksIn(sandbox: Sandbox): string[] {
  return readdirSync(join(sandbox.pinDirectory, 'layout_2')).filter((name) => name.startsWith('link_'));
}

function passObject(sandbox: Sandbox): string {
  const source = fileURLToPath(new URL('../fixtures/pass.bpf.c', import.meta.url));
  const object = join(sandbox.directory, 'pass.bpf.o');
  const include = `-I/usr/include/${execFileSync('uname', ['-m'], { encoding: 'utf8' }).trim()}-linux-gnu`;
  execFileSync('clang', ['-O2', '-g', '-target', 'bpf', include, '-c', source, '-o', object]);
  return object;
}
