import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { lastFirst } from '../helpers/cleanup.ts';
import { assertFails, Machine } from '../helpers/machine.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { startProgram } from '../helpers/program.ts';
import { relay } from '../helpers/relay.ts';
import { device, reportRow, ScanStack, scanner4, target4, untilStatus } from '../helpers/scan-stack.ts';
import type { Service } from '../helpers/service.ts';
import { asNobody } from '../helpers/unprivileged.ts';

const needed = ['bpf', 'net_admin', 'perfmon'] as const;
/** By their numbers in linux/capability.h: 39, 12, 38. */
const neededMask = (1n << 39n) | (1n << 12n) | (1n << 38n);

privilegedTest('a sensor needs three capabilities, the consumer and ticker_ctl none', async (t) => {
  const { stack, producer, consumer, ctl } = await scene(t);
  const reader = consumer();
  const first = producer();
  await Promise.all([reader.ready(), isDelivering(first)]);
  for (const set of ['CapEff', 'CapPrm', 'CapInh', 'CapAmb', 'CapBnd']) {
    assert.equal(capabilities(first, set), neededMask, set);
    assert.equal(capabilities(reader, set), 0n, set);
  }
  await stack.nmap(target4, '-sS', '-p1-100');
  await isReported(reader, 99);

  // Devices come and go by command, and that takes no more.
  await ctl('-d', device, '-r');
  await ctl('-d', device);
  await untilStatus(reader, 'it is attached again', ({ devices }) =>
    devices.some(({ problem }) => problem === null),
  );

  // The next one finds the pins of the one that was killed.
  await first.crash();
  const second = producer();
  await isDelivering(second);
  await stack.nmap(target4, '-sS', '-p101-200');
  await isReported(reader, 199);
  assert.equal(await second.stop(), 0);
  assert.deepEqual(stack.pins(), ['.']);
});

privilegedTest(
  'whoever would serve HTTP to others without a token leaves the machine as it was',
  async (t) => {
    const machine = await Machine.create(t);
    const producer = machine.producer({ HTTP_HOST: '0.0.0.0' });
    await assertFails(
      producer,
      'SETTINGS',
      /^HTTP on 0\.0\.0\.0 .* no token – set PORT_TICKER_HTTP_TOKEN_FILE/,
    );
    await machine.assertUntouched();
  },
);

/** Programs that run as nobody; the sensor lives in the namespace of its device, where Kafka is brought to it. */
async function scene(t: TestContext) {
  const cleanup = lastFirst(t);
  const stack = await ScanStack.create(cleanup);
  const { KAFKA_BROKERS = '', TOPIC_PREFIX = '' } = stack.settings;
  const { sandbox, target } = stack;
  await relay(cleanup, sandbox, target, KAFKA_BROKERS);
  // As the systemd unit has it: nothing but the pin directory is the sensor's own.
  for (const path of [sandbox.directory, sandbox.bpffs]) chmodSync(path, 0o711);
  mkdirSync(sandbox.pinDirectory);
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  chownSync(sandbox.pinDirectory, id('-u'), id('-g'));
  const nsenter = ['nsenter', `--net=${target.path}`];
  return {
    stack,
    producer: () => stack.producer({ NETNS: '' }, [], [...nsenter, ...asNobody(...needed)]),
    consumer: () => stack.consumer({}, asNobody()),
    async ctl(...args: string[]): Promise<void> {
      const env = { PORT_TICKER_KAFKA_BROKERS: KAFKA_BROKERS, PORT_TICKER_TOPIC_PREFIX: TOPIC_PREFIX };
      const program = startProgram(
        cleanup,
        'src/ctl/main.js',
        ['--sensor', 'edge1', ...args],
        env,
        asNobody(),
      );
      assert.equal(await program.exit(), 0, program.stdout + program.stderr);
    },
  };
}

function capabilities({ program }: Service, set: string): bigint {
  const status = readFileSync(`/proc/${program.pid}/status`, 'utf8');
  return BigInt(`0x${new RegExp(`^${set}:\\s+([0-9a-f]+)$`, 'm').exec(status)?.[1]}`);
}

/** Its /readyz is served in the namespace, out of reach. */
async function isDelivering({ program }: Service): Promise<void> {
  await program.says(/delivering to/, 30_000);
}

async function isReported(consumer: Service, count: number): Promise<void> {
  const isThere = async () => ((await reportRow(consumer, scanner4))?.changeCount ?? 0) >= count;
  await consumer.until(`${count} changes are reported`, isThere);
}
