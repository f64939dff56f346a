import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { type TestContext, test } from 'node:test';
import { brokerOfFile } from '../helpers/broker-of-file.ts';
import { freePort } from '../helpers/free-port.ts';
import { reportEntry } from '../helpers/records.ts';
import { ticker } from '../helpers/ticker.ts';
import { topicPrefix } from '../helpers/topic-prefix.ts';
import { makeTopics, recordWriter } from '../helpers/topics.ts';

const broker = brokerOfFile();

/** A report with rows of two sensors, and how to ask for it. */
async function filledReport(t: TestContext) {
  const prefix = topicPrefix(t, broker.brokers);
  await makeTopics(broker.brokers, prefix, ['events', 'report']);
  const write = await recordWriter(t, broker.brokers, prefix);
  for (const [source, changeCount] of [
    ['127.0.0.1', 21],
    ['192.0.2.7', 30],
    ['192.0.2.8', 20],
  ] as const) {
    const row = reportEntry({ source, changeCount });
    await write.row(1, row, row);
  }
  const newer = reportEntry({ source: '127.0.0.1', changeCount: 2122 });
  await write.row(1, newer, newer);
  const elsewhere = reportEntry({ sensor: 'edge2', source: '2001:db8:1:2:3:4:5:6', changeCount: 99 });
  await write.row(2, elsewhere, elsewhere);
  const gone = reportEntry({ source: '192.0.2.9', changeCount: 999 });
  await write.row(3, gone, gone);
  await write.row(3, gone, null);
  return ['--brokers', broker.brokers, '--topic-prefix', prefix];
}

const head = `Report:

-------------------------------------
Source IP       |  Change count
-------------------------------------
`;

test("-l prints the original's table of one sensor: counts above the threshold, the largest first", async (t) => {
  const { code, stdout, stderr } = await ticker(t, [
    '-d',
    'eth0',
    '-l',
    '--sensor',
    'edge1',
    ...(await filledReport(t)),
  ]);
  assert.equal(stdout, `${head}127.0.0.1       |  2122\n192.0.2.7       |  30\n`);
  assert.deepEqual([code, stderr], [0, '']);
});

test('-l takes the sensor and the brokers from the environment too', async (t) => {
  const [, brokers = '', , prefix = ''] = await filledReport(t);
  const env = {
    PORT_TICKER_SENSOR_ID: 'edge2',
    PORT_TICKER_KAFKA_BROKERS: brokers,
    PORT_TICKER_TOPIC_PREFIX: prefix,
  };
  assert.equal((await ticker(t, ['-d', 'eth0', '-l'], env)).stdout, `${head}2001:db8:1:2:3:4:5:6|  99\n`);
});

test("--sensor '*' lists all sensors, --json as data", async (t) => {
  const { code, stdout } = await ticker(t, [
    '--dev=eth0',
    '--list',
    '--sensor',
    '*',
    '--json',
    ...(await filledReport(t)),
  ]);
  const { version, entries } = JSON.parse(stdout);
  assert.equal(version, 1);
  assert.deepEqual(
    entries.map(({ sensor, source, changeCount }: Record<string, unknown>) => [sensor, source, changeCount]),
    [
      ['edge1', '127.0.0.1', 2122],
      ['edge2', '2001:db8:1:2:3:4:5:6', 99],
      ['edge1', '192.0.2.7', 30],
    ],
  );
  assert.equal(code, 0);
});

test("a sensor without rows, like this host's name, gets an empty table and a hint which there are", async (t) => {
  const { code, stdout, stderr } = await ticker(t, ['-d', 'eth0', '-l', ...(await filledReport(t))]);
  assert.equal(stdout, head);
  assert.equal(stderr, `nothing from ${hostname()}; the report has edge1, edge2: use --sensor\n`);
  assert.equal(code, 0);
});

test('Kafka that cannot be reached is exit 3, with the reason and the remedy', async (t) => {
  const brokers = `127.0.0.1:${await freePort()}`;
  const { code, stdout, stderr } = await ticker(t, ['-d', 'eth0', '-l', '--brokers', brokers]);
  assert.deepEqual([code, stdout], [3, '']);
  assert.match(stderr, new RegExp(`^Kafka at ${brokers} cannot be reached: .*ECONNREFUSED.* – check .*\\n$`));
});

test('no answer in time is exit 3', async (t) => {
  const mute = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  t.after(() => mute.close());
  const address = mute.address();
  assert.ok(typeof address === 'object' && address !== null);
  const args = ['-d', 'eth0', '-l', '--timeout', '1', '--brokers', `127.0.0.1:${address.port}`];
  const { code, stderr } = await ticker(t, args);
  assert.equal(code, 3);
  assert.match(stderr, /^no answer from Kafka at 127\.0\.0\.1:\d+ in 1 s – .*\n$/);
});

test('a topic that does not exist yet is exit 3, and names who creates it', async (t) => {
  const { code, stderr } = await ticker(t, [
    '-d',
    'e',
    '-l',
    '--brokers',
    broker.brokers,
    '--topic-prefix',
    'test-none',
  ]);
  assert.equal(code, 3);
  assert.match(stderr, /test-none\.report does not exist – start port-ticker-consumer/);
});

for (const [args, message] of [
  [['-l'], /-d <device> is missing/],
  [['-d'], /argument missing/],
  [['-d', 'eth0', '--lst'], /--lst.*Did you mean --list/],
  [['stauts'], /did you mean status\?/],
  [['explain'], /write ticker_ctl explain <src_ip>/],
  [['explain', '192.0.2.1.5'], /"192\.0\.2\.1\.5" is not an IP address/],
  [['doctor', '--netns', '/run/netns/a'], /--netns goes with -d/],
  [['-d', 'eth0', '--strict'], /--skip, --strict and --netns go with doctor/],
  [['status', 'edge1'], /write ticker_ctl status/],
  [['explain', '192.0.2.1', '-t', '5'], /-t, --threshold <n> does not go with explain/],
  [['-r', '--sensor', 'edge1'], /-d <device> is missing – say for example -d eth0 -S/],
  [['-d', 'eth0', '-S', '-r'], /-S installs and -r removes/],
  [['-d', 'a/b', '-S'], /"a\/b" is no name of a network device/],
  [['-d', 'eth0', '-I', '2'], /--icmp-enable: must be 0, 1 or own: "2"/],
  [['-d', 'eth0', '-t', '4294967296'], /--threshold: must be a whole number, 0 to 4294967295, or own/],
  [['-d', 'eth0', '--idle-reset', '-1'], /--idle-reset: must be a whole number, 0 to 2592000, or own/],
  [['-d', 'eth0', '--count-policy', 'some'], /--count-policy: must be attempts, all or own/],
  [
    ['-d', 'eth0', '-i', '192.0.2.1/24'],
    /"192\.0\.2\.1\/24" has bits set .* did you mean 192\.0\.2\.0\/24\?/,
  ],
  [['-d', 'eth0', '-i', ' ,'], /--ignore names no address/],
  [['-d', 'eth0', '-i', '@/none'], /--ignore: cannot read \/none/],
  [['--sensor', 'a b', '-l'], /--sensor: must match .* or be '\*': "a b"/],
  [['--sensor', 'edge1'], /nothing to do/],
  [['-d', 'eth0', '--wide'], /--wide goes with -l/],
  [['-d', 'eth0', '-l', '--watch'], /--watch needs a terminal/],
  [['-d', 'eth0', '-S', '--key', '/none.pem'], /cannot read \/none\.pem/],
  [['completion', 'tcsh'], /no completions for tcsh – there are for bash, zsh, fish/],
  [['-d', 'eth0', '-l', '--timeout', 'soon'], /--timeout: must be a whole number/],
  [['-d', 'eth0', '-l', '--brokers', 'here'], /--kafka-brokers: must be a list/],
] as const) {
  test(`ticker_ctl ${args.join(' ')} is wrong usage, exit 2`, async (t) => {
    const { code, stdout, stderr } = await ticker(t, [...args]);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, message);
    assert.equal(stderr.split('\n').length, 2, 'one line');
  });
}

test('without arguments the help goes to stderr, exit 2; with --help to stdout, exit 0', async (t) => {
  const bare = await ticker(t, []);
  const asked = await ticker(t, ['--help']);
  assert.deepEqual([bare.code, asked.code, bare.stdout, asked.stderr], [2, 0, '', '']);
  assert.equal(bare.stderr, asked.stdout);
});

test("--help has the original's options in its words", async (t) => {
  const { stdout } = await ticker(t, ['--help']);
  for (const line of [
    'Usage: ticker_ctl [OPTIONS]',
    '  -d, --dev <device>         Use <device> (required)',
    '  -S, --skb-mode             Use SKB mode (default: try driver mode)',
    '  -i, --ignore <src_ip>      Ignore all <src_ip> packets',
    '  -I, --icmp-enable [0,1]    Disable/Enable icmp responses (default disabled: 0)',
    '  -t, --threshold <n>        Threshold to record the number of times a src_ip changed dest_port (default: 20)',
    '  -l, --list                 List source ip and port change counters',
    '  -r, --remove               Remove program from <device>',
  ]) {
    assert.ok(stdout.split('\n').includes(line), line);
  }
});
