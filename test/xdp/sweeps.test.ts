import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { ethernet, icmp, ipv4, tcp } from '../helpers/frame.ts';
import { isFull } from '../helpers/full.ts';
import { Kernel, portRange } from '../helpers/kernel.ts';
import { bitsOf } from '../helpers/ports.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { Sandbox } from '../helpers/sandbox.ts';

/* A host of 64 addresses, watched from outside its namespace: frames are run, nothing is sent. */
const hosts = portRange(0, 64).map((last) => `10.78.0.${last}`);
const source = '192.0.2.7';
/** Long enough for a round over all hosts. */
const idleTicks = 40;
const secrets = isFull ? 200 : 20;

type Segment = Parameters<typeof ipv4>[1];

async function watch(t: TestContext): Promise<Kernel> {
  return Kernel.open(t, { netns: await namespaceOfHosts(t) });
}

async function namespaceOfHosts(t: TestContext): Promise<string> {
  const sandbox = await Sandbox.create(t);
  const host = await sandbox.namespace('host');
  for (const address of hosts) await host.exec('ip', ['address', 'add', `${address}/32`, 'dev', 'lo']);
  return host.path;
}

function run(kernel: Kernel, segment: Segment, to: readonly string[] = hosts): void {
  for (const destination of to) kernel.run(ethernet(ipv4({ source, destination }, segment)));
}

const protocols = portRange(61, 40).map((protocol) => ({ protocol, bytes: Buffer.alloc(8) }));

privilegedTest('a sweep of addresses one after the other is found whatever the secret', async (t) => {
  const netns = await namespaceOfHosts(t);
  for (let secret = 0; secret < secrets; secret += 1) {
    const kernel = await Kernel.open(t, { netns });
    run(kernel, tcp({ to: 80 }));
    assert.equal(kernel.events()[0]?.reason, 'SWEEP', `${kernel.entry(source)?.targets} targets`);
    kernel.sensor.unpin();
  }
});

for (const [what, sweep] of [
  ['one port', (kernel: Kernel) => run(kernel, tcp({ to: 80 }))],
  ['pings', (kernel: Kernel) => run(kernel, icmp(8))],
  [
    'IP protocols of one host',
    (kernel: Kernel) => {
      for (const segment of protocols) run(kernel, segment, hosts.slice(0, 1));
    },
  ],
] as const) {
  privilegedTest(`a sweep by ${what} is told again after a quiet time, and not before`, async (t) => {
    const kernel = await watch(t);
    kernel.configure({ idleTicks });
    const told = () => kernel.events().map(({ reason, episode }) => ({ reason, episode }));
    sweep(kernel);
    sweep(kernel);
    const [first, ...others] = told();
    assert.equal(first?.reason, 'SWEEP');
    assert.deepEqual(others, []);

    await kernel.nextTick(idleTicks + 2);
    sweep(kernel);
    const [second] = told();
    assert.equal(second?.reason, 'SWEEP');
    assert.ok((second?.episode ?? 0) > (first?.episode ?? Number.POSITIVE_INFINITY));
  });
}

privilegedTest('who goes on sweeping is not quiet: the last change is that of the target', async (t) => {
  const kernel = await watch(t);
  kernel.configure({ idleTicks });
  run(kernel, tcp({ to: 80 }), hosts.slice(0, 4));
  const before = kernel.entry(source) ?? assert.fail('not in the table');
  for (let pause = 0; pause < 4; pause += 1) {
    await kernel.nextTick(idleTicks / 2);
    run(kernel, tcp({ to: 80 }), hosts.slice(4));
  }
  const after = kernel.entry(source);
  assert.equal(after?.episode, before.episode);
  assert.ok((after?.lastChange ?? 0) > before.lastChange);
});

privilegedTest('who pings and connects to one host has one target, and has swept nothing', async (t) => {
  const kernel = await watch(t);
  run(kernel, tcp({ to: 80 }), hosts.slice(0, 1));
  run(kernel, icmp(8), hosts.slice(0, 1));
  assert.equal(kernel.entry(source)?.targets, 1);
  assert.deepEqual(kernel.evidence(source)?.kinds, ['SYN']);
});

privilegedTest(
  'a scanner is told of whole: targets and the share of closed ports after its verdict',
  async (t) => {
    const kernel = await watch(t);
    const open = portRange(12_000, 60);
    kernel.sensor.setOpenPorts(bitsOf(open));
    for (const to of portRange(11_000, 4)) run(kernel, tcp({ to }), hosts.slice(0, 1));
    assert.deepEqual(
      kernel.events().map(({ reason, targets }) => [reason, targets]),
      [['CLOSED_PORTS', 1]],
    );
    for (const to of open) run(kernel, tcp({ to }));
    const row = kernel.entry(source);
    assert.ok((row?.targets ?? 0) >= 21, `${row?.targets} targets`);
    assert.ok((row?.openPorts ?? 0) > 4, `${row?.openPorts} open ports`);
    assert.equal(row?.verdict, true, 'for the episode');
  },
);
