import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { brokerOfFile } from '../helpers/broker-of-file.ts';
import { controlDouble } from '../helpers/control-double.ts';
import { type Program, startProgram } from '../helpers/program.ts';
import { nothingSeen, reportEntry } from '../helpers/records.ts';
import { ticker } from '../helpers/ticker.ts';
import { recordWriter } from '../helpers/topics.ts';

const broker = brokerOfFile();

/** Runs it on a terminal of its own, 24 lines of 80 characters. */
const terminal = ['sh', '-c', 'exec script -qfec "stty rows 24 cols 80; exec $*" /dev/null', 'sh'];

async function filled(t: TestContext) {
  const double = await controlDouble(t, broker.brokers);
  const write = await recordWriter(t, broker.brokers, double.prefix);
  const row = async (changed: Parameters<typeof reportEntry>[0]) => {
    const entry = reportEntry({ lastChange: Date.now() - 5_000, episode: Date.now() - 65_000, ...changed });
    await write.row(0, entry, entry);
  };
  await row({ source: '192.0.2.7', changeCount: 30, distinctPorts: 31 });
  await row({ source: '192.0.2.8', changeCount: 12, distinctPorts: 2, ports: [22, 80], destination: null });
  await row({ ...nothingSeen, source: '192.0.2.9' });
  await row({ ...nothingSeen, source: '*' });
  return { ...double, row };
}

test('-l --wide has every reported source with its evidence; resets are no rows', async (t) => {
  const { args } = await filled(t);
  const { code, stdout } = await ticker(t, ['-d', 'eth0', '-l', '--wide', '--sensor', 'edge1', ...args]);
  assert.deepEqual(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/)),
    [
      ['SOURCE', 'COUNT', 'OVER', 'SENSOR', 'PORTS', 'FIRST PORTS', 'FOR', 'LAST', 'TO', 'DEVICE'],
      [
        '192.0.2.7',
        '30',
        '20',
        'edge1',
        '~31',
        '1,2,3,4,5,6',
        '60 s',
        stdout.match(/\d+ s ago/)?.[0],
        '198.51.100.7 tcp/22',
        'eth0',
      ],
      ['192.0.2.8', '12', '20', 'edge1', '2', '22,80', '60 s', stdout.match(/\d+ s ago/g)?.[1], '-', 'eth0'],
    ],
  );
  assert.equal(code, 0);
});

test('-l --json has what -l has, and with --wide every row', async (t) => {
  const { args } = await filled(t);
  const sources = async (...more: string[]) => {
    const { stdout } = await ticker(t, ['-l', '--json', '--sensor', 'edge1', ...more, ...args]);
    return JSON.parse(stdout).entries.map(({ source }: { source: string }) => source);
  };
  assert.deepEqual(await sources(), ['192.0.2.7']);
  assert.deepEqual(await sources('--wide'), ['192.0.2.7', '192.0.2.8']);
});

test('status shows all sensors without being told which', async (t) => {
  const double = await controlDouble(t, broker.brokers);
  await double.says({ sensor: 'edge1' });
  await double.says({ sensor: 'edge2' }, 300_000);
  const { code, stdout, stderr } = await ticker(t, ['status', ...double.args]);
  assert.match(
    stdout,
    /^SENSOR .*\nedge1 +RUNNING .*\nedge2 +UNKNOWN +5 min .*\nedge2: no word for 5 min: .*\n2 sensors: 1 RUNNING, 1 UNKNOWN\n$/,
  );
  assert.deepEqual([code, stderr], [0, '']);
  const json = JSON.parse(
    (await ticker(t, ['status', '--json', '--sensor', 'edge2', ...double.args])).stdout,
  );
  assert.deepEqual(
    json.sensors.map(({ sensor, state }: Record<string, unknown>) => [sensor, state]),
    [['edge2', 'UNKNOWN']],
  );
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`--watch --json prints the report at each change until ${signal}, exit 0`, async (t) => {
    const { args, row } = await filled(t);
    const program = startProgram(t, 'src/ctl/main.js', [
      ...['-l', '--watch', '--json', '--sensor', 'edge1'],
      ...args,
    ]);
    await program.says(/"changeCount":30,.*\n/);
    await row({ source: '192.0.2.7', changeCount: 60 });
    await program.says(/"changeCount":60,.*\n/);
    for (const line of program.stdout.trimEnd().split('\n')) assert.equal(JSON.parse(line).version, 1);
    program.kill(signal);
    assert.equal(await program.exit(), 0);
  });
}

test('--watch keeps the table on the terminal, up to date', async (t) => {
  const { args, row } = await filled(t);
  const program = startProgram(
    t,
    'src/ctl/main.js',
    ['-l', '--watch', '--sensor', 'edge1', ...args],
    {},
    terminal,
  );
  await program.says(/Ctrl-C ends/);
  assert.match(lastScreen(program), /^192\.0\.2\.7 {7}\| {2}30$/m);
  await row({ source: '192.0.2.7', changeCount: 60 });
  await program.says(/192\.0\.2\.7 {7}\| {2}60/);
  assert.doesNotMatch(lastScreen(program), /\| {2}30/);
  for (let index = 0; index < 40; index += 1) await row({ source: `198.51.100.${index}`, changeCount: 21 });
  await program.says(/more lines/);
});

/** What has been drawn last. */
function lastScreen({ stdout }: Program): string {
  const screens = stdout.replaceAll('\r', '').split('\u001b[H');
  return (screens.at(-1) ?? '').replaceAll('\u001b[K', '');
}

test('forget takes a sensor that is gone from the status, and refuses one that is alive', async (t) => {
  const double = await controlDouble(t, broker.brokers);
  await double.says({ sensor: 'edge1' });
  await double.says({ sensor: 'edge2' }, 60_000);
  assert.deepEqual(await ticker(t, ['forget', 'edge2', ...double.args]), {
    code: 0,
    stdout: 'edge2: forgotten\n',
    stderr: '',
  });
  const { stdout } = await ticker(t, ['status', ...double.args]);
  assert.match(stdout, /1 sensor: 1 RUNNING/);
  const alive = await ticker(t, ['forget', 'edge1', ...double.args]);
  assert.equal(alive.code, 1);
  assert.match(alive.stderr, /^edge1 is alive, last heard of \d+ s ago – stop it first/);
  const unknown = await ticker(t, ['forget', 'edge7', ...double.args]);
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /^edge7: never heard of it, did you mean edge1\?/);
});
