import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { lastFirst } from '../helpers/cleanup.ts';
import { openSensor } from '../helpers/open-sensor.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { type Namespace, Sandbox } from '../helpers/sandbox.ts';

/*
 * Real pings, over a path whose second hop has a smaller MTU:
 *
 *   target watch0 ── near router far ──(MTU 1280)── out0 host
 *
 * The sensor watches watch0: it sees what the router and the host send to the target.
 */
const device = 'watch0';
const smallMtu = 1280;
const target4 = '10.77.1.2';
const target6 = 'fd77:1::2';
const host4 = '10.77.2.2';
const host6 = 'fd77:2::2';

privilegedTest('with icmp-enable 0 nobody gets an answer to a ping, and with 1 everybody', async (t) => {
  const { host, icmpEnable } = await watchedPath(t);
  icmpEnable(false);
  for (const probe of ['-PE', '-PP']) assert.equal(await answers(host, target4, probe), false, probe);
  assert.equal(await answers(host, target4, '-PM'), false, 'address mask');
  assert.equal(await pings(host, target6), false);
  icmpEnable(true);
  for (const probe of ['-PE', '-PP']) assert.equal(await answers(host, target4, probe), true, probe);
  assert.equal(await pings(host, target6), true);
});

privilegedTest('with icmp-enable 0 the target learns a smaller MTU of the path', async (t) => {
  const { target } = await watchedPath(t);
  for (const address of [host4, host6]) {
    assert.equal(await pings(target, address), true, 'replies to its own pings arrive');
    const large = await output(target, 'ping', [
      '-c',
      '3',
      '-i',
      '0.2',
      '-W',
      '1',
      '-M',
      'do',
      '-s',
      '1400',
      address,
    ]);
    assert.match(
      large,
      new RegExp(`mtu ?= ?${smallMtu}`),
      `no message about the MTU from the path to ${address}`,
    );
    const route = await target.exec('ip', ['route', 'get', address]);
    assert.match(route, new RegExp(`mtu ${smallMtu}`), 'the kernel did not take the MTU');
  }
});

privilegedTest('with icmp-enable 0 the target is told when a time to live is exceeded', async (t) => {
  const { target } = await watchedPath(t);
  for (const address of [host4, host6]) {
    const answer = await output(target, 'ping', ['-c', '1', '-W', '2', '-t', '1', address]);
    assert.match(answer, /Time to live exceeded|Time exceeded/, address);
  }
});

privilegedTest('with icmp-enable 0 neighbours are discovered', async (t) => {
  const { target } = await watchedPath(t);
  await target.exec('ip', ['neigh', 'flush', 'dev', device]);
  assert.equal(await pings(target, 'fd77:1::1'), true);
  assert.match(await target.exec('ip', ['-6', 'neigh', 'show', 'dev', device]), /fd77:1::1 lladdr/);
});

async function watchedPath(t: TestContext) {
  const cleanup = lastFirst(t);
  const sandbox = await Sandbox.create(cleanup);
  const target = await sandbox.namespace('target');
  const router = await sandbox.namespace('router');
  const host = await sandbox.namespace('host');
  await sandbox.veth(
    { namespace: target, device, addresses: [`${target4}/24`, `${target6}/64`] },
    { namespace: router, device: 'near', addresses: ['10.77.1.1/24', 'fd77:1::1/64'] },
  );
  await sandbox.veth(
    { namespace: router, device: 'far', addresses: ['10.77.2.1/24', 'fd77:2::1/64'] },
    { namespace: host, device: 'out0', addresses: [`${host4}/24`, `${host6}/64`] },
  );
  await router.exec('ip', ['link', 'set', 'far', 'mtu', String(smallMtu)]);
  await host.exec('ip', ['link', 'set', 'out0', 'mtu', String(smallMtu)]);
  await router.exec('sysctl', ['-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']);
  for (const [namespace, via4, via6] of [
    [target, '10.77.1.1', 'fd77:1::1'],
    [host, '10.77.2.1', 'fd77:2::1'],
  ] as const) {
    await namespace.exec('ip', ['route', 'add', '10.77.0.0/16', 'via', via4]);
    await namespace.exec('ip', ['route', 'add', 'fd77::/16', 'via', via6]);
  }
  const sensor = openSensor(cleanup, sandbox, { netns: target.path });
  const icmpEnable = (enable: boolean) =>
    sensor.writeSettings({ threshold: 20, idleTicks: 0, icmpEnable: enable, countAll: false });
  icmpEnable(false);
  assert.equal(sensor.attach(device, 'driver').mode, 'driver');
  return { target, host, icmpEnable };
}

async function pings(from: Namespace, address: string): Promise<boolean> {
  return /[1-3] received/.test(await output(from, 'ping', ['-c', '3', '-i', '0.2', '-W', '1', address]));
}

/** Whether nmap's host discovery by one kind of ICMP request finds the host up. */
async function answers(from: Namespace, address: string, probe: string): Promise<boolean> {
  return /Host is up/.test(await output(from, 'nmap', ['-n', '-sn', '--disable-arp-ping', probe, address]));
}

/** What a command prints, whatever its exit code: ping's is 1 without an answer. */
async function output(namespace: Namespace, command: string, args: string[]): Promise<string> {
  return namespace.exec('sh', ['-c', '"$@" 2>&1 || true', 'sh', command, ...args]);
}
