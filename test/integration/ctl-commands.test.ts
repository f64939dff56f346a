import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ControlCommand } from '../../src/common/control/records.ts';
import { brokerOfFile } from '../helpers/broker-of-file.ts';
import { lastFirst } from '../helpers/cleanup.ts';
import { applied, controlDouble } from '../helpers/control-double.ts';
import { eventually } from '../helpers/eventually.ts';
import { freePort } from '../helpers/free-port.ts';
import { startKafka } from '../helpers/kafka.ts';
import { startProgram } from '../helpers/program.ts';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';
import { ticker } from '../helpers/ticker.ts';

const broker = brokerOfFile();

/** One sensor that is alive and applies everything. */
async function edge1(t: TestContext) {
  const double = await controlDouble(t, broker.brokers, () => applied('edge1'));
  await double.says({ sensor: 'edge1' });
  return double;
}

for (const [args, sent, told] of [
  [['-d', 'eth0'], { command: 'attach', device: 'eth0', mode: 'auto' }, 'attach eth0 auto'],
  [['-d', 'eth0', '-S'], { command: 'attach', device: 'eth0', mode: 'skb' }, 'attach eth0 skb'],
  [['-d', 'eth0', '-r'], { command: 'detach', device: 'eth0' }, 'detach eth0'],
  [['-d', 'eth0', '-I', '1'], { command: 'set-icmp', icmpEnable: true }, 'set-icmp 1'],
  [['-d', 'eth0', '-I', '0'], { command: 'set-icmp', icmpEnable: false }, 'set-icmp 0'],
  [['-d', 'eth0', '-I', 'own'], { command: 'set-icmp' }, 'set-icmp own'],
  [['-d', 'eth0', '-t', '200'], { command: 'set-threshold', threshold: 200 }, 'set-threshold 200'],
  [['-t', 'own'], { command: 'set-threshold' }, 'set-threshold own'],
  [['-i', '192.0.2.0/24'], { command: 'ignore-add', prefixes: ['192.0.2.0/24'] }, 'ignore-add 192.0.2.0/24'],
  [
    ['-i', '192.0.2.7, 2001:DB8:0::/32'],
    { command: 'ignore-add', prefixes: ['192.0.2.7/32', '2001:db8::/32'] },
    'ignore-add 2 prefixes',
  ],
  [
    ['--unignore', '192.0.2.0/24'],
    { command: 'ignore-remove', prefixes: ['192.0.2.0/24'] },
    'ignore-remove 192.0.2.0/24',
  ],
  [['--count-policy', 'all'], { command: 'set-count-policy', countPolicy: 'all' }, 'set-count-policy all'],
  [['--idle-reset', '0'], { command: 'set-idle-reset', idleReset: 0 }, 'set-idle-reset 0'],
  [
    ['reset-source', '2001:DB8:0::1'],
    { command: 'reset-source', source: '2001:db8::1' },
    'reset-source 2001:db8::1',
  ],
  [['clear-report'], { command: 'clear-report' }, 'clear-report'],
] as const) {
  test(`${args.join(' ')} is sent to the sensor, and its answer is printed`, async (t) => {
    const double = await edge1(t);
    const { code, stdout, stderr } = await ticker(t, [...args, '--sensor', 'edge1', ...double.args]);
    assert.equal(stdout, `edge1: applied ${told}\n`);
    assert.deepEqual([code, stderr], [0, `edge1: ${told} …\n`]);
    const [command, ...more] = double.commands;
    assert.ok(command !== undefined);
    assert.deepEqual(more, []);
    const { id, issuedAt, ...rest } = command;
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.ok(Math.abs(Number(issuedAt) - Date.now()) < 60_000);
    assert.deepEqual({ ...rest }, { ...nothing, sensor: 'edge1', ...sent });
  });
}

/** A command without an argument. */
const nothing: Omit<ControlCommand, 'id' | 'issuedAt' | 'command' | 'sensor'> = {
  expiresAt: null,
  device: null,
  mode: null,
  threshold: null,
  icmpEnable: null,
  countPolicy: null,
  idleReset: null,
  prefixes: null,
  source: null,
};

test('several options are several commands, in a sensible order, and -l lists after them', async (t) => {
  const double = await edge1(t);
  const { code, stdout } = await ticker(t, [
    ...['-d', 'eth0', '-t', '5', '-I', '1', '-i', '192.0.2.1', '-S', '-l', '--sensor', 'edge1'],
    ...double.args,
  ]);
  assert.deepEqual(
    double.commands.map(({ command }) => command),
    ['attach', 'ignore-add', 'set-icmp', 'set-threshold'],
  );
  assert.match(stdout, /^(edge1: applied [^\n]*\n){4}Report:\n/);
  assert.equal(code, 0);
});

test('what a sensor or the consumer refuses is printed with its reason, exit 1', async (t) => {
  const double = await controlDouble(t, broker.brokers, ({ command }) =>
    command === 'attach'
      ? [{ status: 'ACCEPTED' }, { sensor: 'edge1', status: 'FAILED', reason: 'eth9 has gone' }]
      : [{ status: 'REJECTED', reason: 'no such\u001b[2J thing' }],
  );
  await double.says({ sensor: 'edge1' });
  const { code, stdout } = await ticker(t, [
    '-d',
    'eth9',
    '-S',
    '-t',
    '7',
    '--sensor',
    'edge1',
    ...double.args,
  ]);
  assert.deepEqual(stdout.split('\n').sort(), [
    '',
    'consumer: rejected set-threshold 7: no such\ufffd[2J thing',
    'edge1: failed attach eth9 skb: eth9 has gone',
  ]);
  assert.equal(code, 1);
});

test('for * the sensors alive must answer, the others are listed as waiting', async (t) => {
  const double = await controlDouble(t, broker.brokers, () => applied('edge1', 'edge2'));
  await double.says({ sensor: 'edge1' });
  await double.says({ sensor: 'edge2', state: 'DEGRADED' });
  await double.says({ sensor: 'edge3', state: 'STOPPED' }, 7_200_000);
  await double.says({ sensor: 'edge4' }, 31_000);
  const { code, stdout } = await ticker(t, ['--sensor', '*', '-t', '7', ...double.args]);
  assert.equal(
    stdout,
    `edge1: applied set-threshold 7
edge2: applied set-threshold 7
edge3: waiting, stopped 2 h ago
edge4: waiting, last heard of 31 s ago
`.replace('31 s', /\d+ s/.exec(stdout)?.[0] ?? ''),
  );
  assert.equal(code, 0);
  assert.equal(double.commands[0]?.sensor, '*');
});

test('a named sensor that is not there is waiting, exit 3, without waiting for the time-out', async (t) => {
  const double = await controlDouble(t, broker.brokers, () => [{ status: 'ACCEPTED' }]);
  await double.says({ sensor: 'edge1', state: 'STOPPED' }, 180_000);
  const stopped = await ticker(t, ['--sensor', 'edge1', '-t', '7', '--timeout', '600', ...double.args]);
  assert.deepEqual([stopped.code, stopped.stdout], [3, 'edge1: waiting, stopped 3 min ago\n']);
  const unknown = await ticker(t, ['--sensor', 'egde1', '-t', '7', '--timeout', '600', ...double.args]);
  assert.deepEqual(
    [unknown.code, unknown.stdout],
    [3, 'egde1: waiting, never heard of it, did you mean edge1?\n'],
  );
});

test('whoever does not answer in time is named, exit 3', async (t) => {
  const double = await controlDouble(t, broker.brokers, ({ command }) =>
    command === 'set-icmp' ? applied('edge1') : [],
  );
  await double.says({ sensor: 'edge1' });
  await double.says({ sensor: 'edge2' });
  const args = ['--sensor', '*', '-I', '1', '-t', '7', '--timeout', '5', ...double.args];
  const { code, stdout, stderr } = await ticker(t, args);
  assert.equal(code, 3);
  assert.equal(stdout, 'edge1: applied set-icmp 1\n');
  assert.match(
    stderr,
    /^no answer from edge2 in 5 s to set-icmp 1: last heard of \d+ s ago – it is kept for the sensor$/m,
  );
  assert.match(
    stderr,
    /^no answer from a consumer in 5 s to set-threshold 7 – check that one runs; the command is kept/m,
  );
});

test('Kafka that cannot be reached: nothing was sent, exit 3', async (t) => {
  const brokers = `127.0.0.1:${await freePort()}`;
  const { code, stdout, stderr } = await ticker(t, ['--sensor', 'edge1', '-t', '7', '--brokers', brokers]);
  assert.deepEqual([code, stdout], [3, '']);
  assert.match(
    stderr,
    new RegExp(`^nothing was sent: Kafka at ${brokers} cannot be reached: .* – check`, 'm'),
  );
});

test('Kafka that goes away while the answers are awaited: it was sent, exit 3', async (t) => {
  const cleanup = lastFirst(t);
  const own = await startKafka();
  cleanup.after(() => own.close());
  const double = await controlDouble(cleanup, own.brokers);
  await double.says({ sensor: 'edge1' });
  const program = startProgram(t, 'src/ctl/main.js', ['--sensor', 'edge1', '-t', '7', ...double.args]);
  await eventually('the command has arrived', () => double.commands.length > 0);
  await own.kill();
  assert.equal(await program.exit(), 3);
  assert.match(program.stderr, /^it was sent, and will be answered: Kafka at .* – check that it runs/m);
  await own.restart(); // the topics of the test are still to be deleted
});

test('a list of prefixes in a file goes out in commands of at most 1 000, and is one answer', async (t) => {
  const double = await edge1(t);
  const directory = temporaryDirectory('port-ticker-ctl-');
  t.after(() => directory.remove());
  const file = join(directory.path, 'list');
  const all = Array.from({ length: 2_500 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
  writeFileSync(file, `# ours\n${all.join('\n')}\n10.0.0.0 # again\n\n`);
  const { code, stdout } = await ticker(t, ['-i', `@${file}`, '--sensor', 'edge1', ...double.args]);
  assert.deepEqual([code, stdout], [0, 'edge1: applied ignore-add 2500 prefixes\n']);
  assert.deepEqual(
    double.commands.map(({ prefixes }) => prefixes?.length),
    [1000, 1000, 500],
  );
  assert.deepEqual(
    double.commands.flatMap(({ prefixes }) => prefixes ?? []),
    all.map((address) => `${address}/32`),
  );
});

test('--json prints everything as one document', async (t) => {
  const double = await edge1(t);
  await double.says({ sensor: 'edge2' }, 60_000);
  const { code, stdout } = await ticker(t, ['--sensor', '*', '-t', '7', '--json', ...double.args]);
  const [command] = double.commands;
  assert.deepEqual(JSON.parse(stdout), {
    version: 1,
    sensor: '*',
    requests: [
      {
        command: 'set-threshold',
        ids: [command?.id],
        accepted: true,
        answers: [
          { sensor: 'edge1', status: 'APPLIED', reason: null, configVersion: null, explanation: null },
        ],
        missing: [],
      },
    ],
    waiting: ['edge2'],
  });
  assert.equal(code, 0);
});

test('--expires is written into the command', async (t) => {
  const double = await edge1(t);
  await ticker(t, ['--sensor', 'edge1', '-t', '7', '--expires', '60', ...double.args]);
  const [command] = double.commands;
  assert.equal(Number(command?.expiresAt) - Number(command?.issuedAt), 60_000);
});
