import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { exitCodes } from '../../src/common/errors.ts';
import { startProgram } from '../helpers/program.ts';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';

test('settings that are wrong get one line each, and stop the start before anything is touched', async (t) => {
  const { code, stdout, stderr } = await produce(t, [], {
    PORT_TICKER_SENSOR_ID: 'bad id',
    PORT_TICKER_XDP_MODE: 'fast',
    PORT_TICKER_MAX_SOURCES: '5000',
    PORT_TICKER_PIN_DIR: '',
    PORT_TICKER_THRESHOLD: '-1',
    PORT_TICKER_ICMP_ENABLE: 'maybe',
    PORT_TICKER_IGNORE: '192.0.2.1,10.0.0.1/8',
    PORT_TICKER_COUNT_POLICY: 'some',
    PORT_TICKER_IDLE_RESET: 'soon',
    PORT_TICKER_PRODUCER_HTTP_PORT: '70000',
    PORT_TICKER_KAFKA_BROKERS: 'here',
    PORT_TICKER_TOPIC_PARTITIONS: '20000',
    PORT_TICKER_LOG_LEVEL: 'loud',
  });
  const expected = [
    /^PORT_TICKER_COUNT_POLICY: .*"attempts","all".*"some"$/,
    /^PORT_TICKER_ICMP_ENABLE: must be true or false.*"maybe"$/,
    /^PORT_TICKER_IDLE_RESET: must be a whole number, 0 to 2592000.*"soon"$/,
    /^PORT_TICKER_IGNORE: "10\.0\.0\.1\/8" has bits set behind the prefix \(did you mean 10\.0\.0\.0\/8\?\)/,
    /^PORT_TICKER_KAFKA_BROKERS: must be a list of HOST:PORT.*"here"/,
    /^PORT_TICKER_LOG_LEVEL: .*"info".*"loud"$/,
    /^PORT_TICKER_MAX_SOURCES: must be a power of two.*5000$/,
    /^PORT_TICKER_PIN_DIR: must not be empty/,
    /^PORT_TICKER_PRODUCER_HTTP_PORT: must be a port, 0 to 65535.*70000$/,
    /^PORT_TICKER_SENSOR_ID: must match \[A-Za-z0-9\._-\]\{1,64\}.*"bad id"$/,
    /^PORT_TICKER_THRESHOLD: must be a whole number, 0 to 4294967295.*"-1"$/,
    /^PORT_TICKER_TOPIC_PARTITIONS: must be a whole number, 1 to 10000.*20000$/,
    /^PORT_TICKER_XDP_MODE: .*"auto","driver","skb".*"fast"$/,
  ];
  const lines = stderr.trimEnd().split('\n').sort();
  for (const [index, line] of expected.entries()) assert.match(lines[index] ?? '', line);
  assert.deepEqual([code, stdout, lines.length], [exitCodes.SETTINGS, '', expected.length]);
});

for (const [what, content, line] of [
  [
    'that is no JSON',
    '{"sensor":',
    /^cannot read the settings file .*settings\.json: .* – give --config a readable/,
  ],
  [
    'with an unknown setting',
    '{"sensor":{"device":["eth0"]}}',
    /^sensor\.device in .*, did you mean sensor\.devices\?/,
  ],
  [
    'with a wrong value',
    '{"own":{"threshold":"many"}}',
    /^own\.threshold in .*settings\.json: must be a whole number/,
  ],
] as const) {
  test(`a settings file ${what} is named`, async (t) => {
    const directory = temporaryDirectory('port-ticker-bad-input-');
    t.after(() => directory.remove());
    const file = join(directory.path, 'settings.json');
    writeFileSync(file, content);
    const { code, stderr } = await produce(t, ['--config', file]);
    assert.match(stderr, line);
    assert.deepEqual([code, stderr.split('\n').length], [exitCodes.SETTINGS, 2]);
  });
}

for (const [args, line] of [
  [
    ['--devcies', 'eth0'],
    /^unknown argument --devcies – did you mean --devices\? --help lists all arguments\n$/,
  ],
  [['eth0'], /^unknown argument eth0 – --help lists all arguments\n$/],
  [['-d'], /^-d needs a value – --help lists all arguments\n$/],
] as const) {
  test(`port-ticker-producer ${args.join(' ')} is wrong usage`, async (t) => {
    const { code, stdout, stderr } = await produce(t, args);
    assert.match(stderr, line);
    assert.deepEqual([code, stdout], [exitCodes.USAGE, '']);
  });
}

async function produce(t: TestContext, args: readonly string[], env: Record<string, string> = {}) {
  const program = startProgram(t, 'src/producer/main.ts', args, env);
  return { code: await program.exit(), stdout: program.stdout, stderr: program.stderr };
}
