import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { exitCodes } from '../../src/common/errors.ts';
import type { Cleanup } from '../helpers/cleanup.ts';
import { eventually } from '../helpers/eventually.ts';
import { Leftovers, traces } from '../helpers/leftovers.ts';
import { Machine } from '../helpers/machine.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { startProgram } from '../helpers/program.ts';
import { reportRow, ScanStack, scanner4, target4 } from '../helpers/scan-stack.ts';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';

privilegedTest('a scan, its report and a clean stop leave nothing behind', async () => {
  const stage = new Stage();
  await stage.run(async () => {
    const stack = await ScanStack.create(stage);
    const leftovers = await Leftovers.since(stack.sandbox.directory);
    const consumer = stack.consumer();
    const producer = stack.producer();
    await Promise.all([consumer.ready(), producer.ready()]);
    await stack.nmap(target4, '-sS', '-p', '1-100');
    const isReported = async () => (await reportRow(consumer, scanner4)) !== undefined;
    await consumer.until('the scan is reported', isReported);
    assert.deepEqual([await producer.stop(), await consumer.stop()], [0, 0]);
    await leftovers.assertNone();
    assert.deepEqual(stack.pins(), []);
    return stack.sandbox.directory;
  });
});

privilegedTest('what a killed producer leaves is taken down by --remove', async () => {
  const stage = new Stage();
  await stage.run(async () => {
    const machine = await Machine.create(stage);
    const leftovers = await Leftovers.since(machine.sandbox.directory);
    const producer = machine.producer();
    await producer.program.says(/"attached to watch0/);
    await producer.crash();
    assert.match((await machine.attached()).join(), /^watch0 \d+$/);
    assert.notDeepEqual(await leftovers.left(), []);
    const remover = machine.producer({}, { args: ['--remove'] });
    assert.equal(await remover.program.exit(), 0, remover.program.stderr);
    await machine.assertUntouched();
    await leftovers.assertNone();
    return machine.sandbox.directory;
  });
});

/** A start that fails early, in the middle and late; bad-input.test.ts has what each of them says. */
const failures: Record<
  string,
  { settings?: Record<string, string>; wrapper?: string[]; code: keyof typeof exitCodes }
> = {
  'a wrong setting': { settings: { THRESHOLD: '-1' }, code: 'SETTINGS' },
  'an unknown namespace': { settings: { NETNS: '/run/netns/port-ticker-none' }, code: 'SETTINGS' },
  'an unknown device': { settings: { DEVICES: 'watch0,none0' }, code: 'UNKNOWN_DEVICE' },
  'a mode that the second device has not': {
    settings: { DEVICES: 'watch0,lo', XDP_MODE: 'driver' },
    code: 'MODE_UNSUPPORTED',
  },
  'no bpf file system': { settings: { PIN_DIR: '/tmp/port-ticker-none' }, code: 'NO_BPFFS' },
  'a kernel that is too old': { wrapper: ['setarch', '--uname-2.6'], code: 'OLD_KERNEL' },
  'a missing capability': {
    wrapper: ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin'],
    code: 'NO_CAPABILITY',
  },
  'a table of no power of two': { settings: { MAX_SOURCES: '5000' }, code: 'SETTINGS' },
};

privilegedTest('no start that fails leaves anything behind', async (t) => {
  const stage = new Stage();
  await stage.run(async () => {
    const machine = await Machine.create(stage);
    const port = await takenPort(t);
    failures['a port that is taken'] = { settings: { PRODUCER_HTTP_PORT: port }, code: 'LISTEN' };
    for (const [what, { settings = {}, wrapper = [], code }] of Object.entries(failures)) {
      await t.test(`${what}, which ends with ${exitCodes[code]}`, async () => {
        const leftovers = await Leftovers.since(machine.sandbox.directory);
        const producer = machine.producer(settings, { wrapper });
        assert.equal(await producer.program.exit(), exitCodes[code], producer.program.stderr);
        await machine.assertUntouched();
        await leftovers.assertNone();
      });
    }
    return machine.sandbox.directory;
  });
});

privilegedTest('the demo leaves nothing behind', async (t) => {
  const directory = temporaryDirectory('port-ticker-demo-');
  t.after(() => directory.remove());
  const leftovers = await Leftovers.since(directory.path);
  const demo = startProgram(t, 'scripts/demo/main.ts', [], { TMPDIR: directory.path });
  assert.equal(await demo.exit(), 0, demo.stdout + demo.stderr);
  assert.match(demo.stdout, /Source IP/);
  await leftovers.assertNone();
  assert.deepEqual(readdirSync(directory.path), []);
  await assertTakenDown(directory.path);
});

async function takenPort(t: Cleanup): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  return typeof address === 'object' ? String(address?.port) : '';
}

/** Takes down what a test has put up before the test ends, so that it can look at the machine after it. */
class Stage implements Cleanup {
  readonly #hooks: (() => unknown)[] = [];

  after(hook?: unknown): void {
    this.#hooks.push(hook as () => unknown);
  }

  /** The action returns the directory of its sandbox, of which nothing is left at the end. */
  async run(action: () => Promise<string>): Promise<void> {
    let directory: string;
    try {
      directory = await action();
    } finally {
      for (let hook = this.#hooks.pop(); hook !== undefined; hook = this.#hooks.pop()) await hook();
    }
    await assertTakenDown(directory);
  }
}

async function assertTakenDown(directory: string): Promise<void> {
  await eventually('mounts and namespaces are gone', () => traces(directory).length === 0);
}
