import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { exitCodes } from '../../src/common/errors.ts';
import { lastFirst } from '../helpers/cleanup.ts';
import { readEvents } from '../helpers/events.ts';
import { eventually } from '../helpers/eventually.ts';
import { portRange } from '../helpers/kernel.ts';
import { audit } from '../helpers/ledger.ts';
import { assertFails, Machine } from '../helpers/machine.ts';
import { type Edit, otherBuild } from '../helpers/other-build.ts';
import { pinnedObjects, pinnedStatistic } from '../helpers/pinned.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { device, reportRow, ScanStack, scanner4, target4, untilStatus } from '../helpers/scan-stack.ts';
import type { Service } from '../helpers/service.ts';
import { Traffic } from '../helpers/traffic.ts';

/** Of the kernel program: the main source includes the rest. */
const program = ['xdp/port_ticker.bpf.c'];
const rate = 300;
/** Those of a machine, in both orders: nobody knows which one is moved first. */
const devices = [
  ['watch0', 'watch1'],
  ['watch1', 'watch0'],
] as const;

privilegedTest(
  'N−1, N, N−1, each killed under traffic: every packet is counted, every event arrives',
  async (t) => {
    const cleanup = lastFirst(t);
    const newer = await otherBuild(cleanup, [
      { file: 'package.json', from: /"version": "[^"]*"/, to: '"version": "99.0.0"', compile: [] },
      { file: 'xdp/table.h', from: 'define YOUNG 2', to: 'define YOUNG 3', compile: program },
    ]);
    const { stack, consumer, traffic, layout } = await stage(cleanup);
    const ports = portRange(1, 4000);
    const programs: number[] = [];
    let producer = await running(stack, consumer, '');
    const scan = traffic.do('probe', { from: scanner4, to: target4, ports, rate });
    for (const root of [newer, '']) {
      await consumer.until('it is reported', async () => (await reportRow(consumer, scanner4)) !== undefined);
      programs.push(await programOn(stack));
      await producer.crash();
      assert.equal(await programOn(stack), programs.at(-1), 'the program has gone with its process');
      producer = await running(stack, consumer, root);
      assert.match(producer.program.stdout, /going on with epoch/);
    }
    programs.push(await programOn(stack));
    await scan;
    assert.equal(new Set(programs).size, 3, 'each has loaded its own');
    assert.equal(pinnedStatistic(layout, 'STAT_PACKETS_IPV4'), ports.length, 'packets passed uncounted');
    await consumer.until('the row has every change', async () => {
      return (await reportRow(consumer, scanner4))?.changeCount === ports.length - 1;
    });
    const ledger = audit(
      await readEvents(stack.settings['KAFKA_BROKERS'] ?? '', stack.settings['TOPIC_PREFIX'] ?? ''),
    );
    t.diagnostic(`programs ${programs}; ${JSON.stringify(ledger)}`);
    assert.equal(ledger.drops, 0);
  },
);

privilegedTest('a second producer is refused, names the first, and disturbs nothing', async (t) => {
  const machine = await Machine.create(t);
  const first = machine.producer();
  await eventually('it is attached', async () => (await machine.attached()).length === 1);
  const before = pinnedObjects(machine.sandbox.pinDirectory);
  const holder = new RegExp(`in use by process ${first.program.pid} \\(.*src/producer/main`);
  await assertFails(machine.producer(), 'LOCKED', holder);
  assert.deepEqual(pinnedObjects(machine.sandbox.pinDirectory), before);
  assert.equal(first.program.isRunning, true);
});

const failing: { name: string; edit: Edit; code: keyof typeof exitCodes; says: RegExp }[] = [
  {
    name: 'whose program the verifier refuses',
    edit: {
      file: 'xdp/port_ticker.bpf.c',
      from: /return observe\(ctx\);/g,
      to: 'return observe(ctx) + *(volatile int *)(long)ctx->data_end;',
    },
    code: 'VERIFIER',
    says: /the verifier refused it/,
  },
  {
    name: 'whose maps have another shape under the same number',
    edit: { file: 'xdp/maps.h', from: 'define ANSWERS 65536', to: 'define ANSWERS 32768', compile: program },
    code: 'PINS',
    says: /the map answers has another shape/,
  },
  {
    name: 'whose program one of two devices refuses',
    edit: { file: 'xdp/port_ticker.bpf.c', from: 'SEC("xdp.frags")', to: 'SEC("xdp")' },
    code: 'MODE_UNSUPPORTED',
    says: /move the attachment of watch\d/,
  },
];

for (const { name, edit, code, says } of failing) {
  privilegedTest(
    `a version ${name} leaves the old program, every pin and every link as they were`,
    async (t) => {
      const cleanup = lastFirst(t);
      const broken = await otherBuild(cleanup, [edit]);
      const machine = await Machine.create(cleanup);
      const first = machine.producer({ DEVICES: 'watch0,watch1' });
      await eventually('it is attached', async () => (await machine.attached()).length === 2, 20_000);
      await first.crash();
      const before = [pinnedObjects(machine.sandbox.pinDirectory), await machine.attached()];
      // frames of more than a page: in driver mode only a program that takes several buffers may be there
      for (const [jumbo, usual] of devices) {
        await machine.peers.exec('ip', ['link', 'set', jumbo, 'mtu', '9000']);
        await machine.peers.exec('ip', ['link', 'set', usual, 'mtu', '1500']);
        await assertFails(machine.producer({}, { root: broken }), code, says);
        assert.deepEqual([pinnedObjects(machine.sandbox.pinDirectory), await machine.attached()], before);
      }
    },
  );
}

privilegedTest(
  'another table layout adopts the device without a packet uncounted, and loses no event',
  async (t) => {
    const cleanup = lastFirst(t);
    const older = await otherBuild(cleanup, [
      {
        file: 'xdp/event.h',
        from: /LAYOUT_VERSION \d+/,
        to: 'LAYOUT_VERSION 1',
        compile: ['xdp/addon/pins.cc'],
      },
    ]);
    const { stack, consumer, traffic, layout } = await stage(cleanup);
    const oldLayout = join(stack.sandbox.pinDirectory, 'layout_1');
    const probe = (first: number, count: number) =>
      traffic.do('probe', { from: scanner4, to: target4, ports: portRange(first, count), rate });

    const first = await running(stack, consumer, older);
    await probe(1, 100);
    await consumer.until(
      'it is reported',
      async () => (await reportRow(consumer, scanner4))?.changeCount === 99,
    );
    await first.crash();
    await probe(101, 300); // nobody is there to deliver that it has doubled
    let isAttached = false;
    const scan = probeUntil(() => isAttached, probe);
    const second = await running(stack, consumer, '');
    await second.program.says(
      /layout_1 is of a version with another table layout and holds \d+ bytes of events/,
    );
    isAttached = true;
    const probes = 400 + (await scan);
    const counted =
      pinnedStatistic(oldLayout, 'STAT_PACKETS_IPV4') + pinnedStatistic(layout, 'STAT_PACKETS_IPV4');
    assert.equal(counted, probes, 'packets passed uncounted');
    assert.ok(pinnedStatistic(layout, 'STAT_PACKETS_IPV4') > 0);
    await second.crash();

    const third = await running(stack, consumer, older); // back again: its events are delivered
    assert.match(third.program.stdout, /going on with epoch/);
    const events = () =>
      readEvents(stack.settings['KAFKA_BROKERS'] ?? '', stack.settings['TOPIC_PREFIX'] ?? '');
    await third.until(
      'both epochs are told whole',
      async () => new Set((await events()).map((e) => e.epoch)).size === 2,
    );
    await probe(3001, 100);
    assert.equal(await third.stop(), 0);
    audit(await events());

    const fourth = await running(stack, consumer, ''); // all is delivered: nothing stays of the other layout
    assert.deepEqual(
      stack.pins().filter((each) => each.startsWith('layout_1')),
      [],
    );
    assert.equal(await fourth.stop(), 0);
    assert.deepEqual(stack.pins(), []);
  },
);

/** A broker, two namespaces, a consumer, and where the pins of this version will be. */
async function stage(t: Parameters<typeof ScanStack.create>[0]) {
  const stack = await ScanStack.create(t);
  const traffic = new Traffic(t, stack.scanner);
  const consumer = stack.consumer();
  await consumer.ready();
  return { stack, consumer, traffic, layout: join(stack.sandbox.pinDirectory, 'layout_2') };
}

/** A producer of a build, attached and told so. */
async function running(stack: ScanStack, consumer: Service, root: string, settings = {}): Promise<Service> {
  const since = Date.now();
  const producer = stack.producer(settings, [], [], root);
  await producer.ready();
  await untilStatus(consumer, 'it is attached', (status) => {
    return status.startedAt >= since && status.devices.every(({ mode }) => mode !== null);
  });
  return producer;
}

/** Probes new ports until the condition holds, and a little longer. Returns how many. */
async function probeUntil(
  condition: () => boolean,
  probe: (first: number, count: number) => Promise<unknown>,
): Promise<number> {
  const first = 10_001;
  const step = 100;
  let next = first;
  for (let isLast = false; !isLast; next += step) {
    isLast = condition();
    await probe(next, step);
  }
  return next - first;
}

async function programOn(stack: ScanStack): Promise<number> {
  const [link] = JSON.parse(await stack.target.exec('ip', ['-json', 'link', 'show', 'dev', device]));
  return link.xdp.prog.id;
}
