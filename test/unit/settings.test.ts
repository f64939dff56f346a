import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { TickerError } from '../../src/common/errors.ts';
import { httpSchema, kafkaSchema, logSchema } from '../../src/common/settings/fragments.ts';
import { loadSettings, type Sources } from '../../src/common/settings/load.ts';
import { leaves } from '../../src/common/settings/schema.ts';
import { variables } from '../../src/common/settings/variables.ts';
import { consumerSchema } from '../../src/consumer/settings.ts';
import { producerSchema } from '../../src/producer/settings.ts';
import { isWriting } from '../helpers/generated-table.ts';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';

const program = { name: 'program', description: 'Does something.' };
const schema = {
  ...kafkaSchema,
  ...logSchema,
  http: httpSchema('CONSUMER', 8480),
  remove: { doc: 'Remove', format: 'flag', default: false, arg: 'remove', short: 'r' },
} as const;

function load({ argv = [], env = {} }: Sources = {}) {
  const loaded = loadSettings(program, schema, { argv, env });
  assert.ok('settings' in loaded, 'an answer instead of settings');
  return loaded;
}

function failure(sources: Sources): TickerError {
  try {
    load(sources);
  } catch (error) {
    assert.ok(error instanceof TickerError);
    return error;
  }
  return assert.fail('accepted');
}

async function configFile(t: TestContext, content: unknown): Promise<string> {
  const directory = temporaryDirectory('port-ticker-settings-');
  t.after(() => directory.remove());
  const file = join(directory.path, 'settings.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

test('nothing given means the defaults', () => {
  const { settings, warnings } = load();
  assert.deepEqual(settings.kafka.brokers, ['127.0.0.1:9092']);
  assert.equal(settings.topics.prefix, 'port-ticker');
  assert.equal(settings.http.port, 8480);
  assert.deepEqual(warnings, []);
});

test('arguments win over the environment, and that over the file', async (t) => {
  const file = await configFile(t, { topics: { prefix: 'file', partitions: 2 }, log: { level: 'warn' } });
  const { settings } = load({
    argv: ['--config', file, '--topic-prefix', 'argument'],
    env: { PORT_TICKER_TOPIC_PREFIX: 'environment', PORT_TICKER_LOG_LEVEL: 'debug' },
  });
  assert.equal(settings.topics.prefix, 'argument');
  assert.equal(settings.log.level, 'debug');
  assert.equal(settings.topics.partitions, 2);
});

test('an argument takes its value after a space or an equals sign, a flag needs none', () => {
  const { settings } = load({
    argv: ['--topic-partitions', '3', '--kafka-brokers=a:1,b:2', '--kafka-ssl', '-r'],
  });
  assert.equal(settings.topics.partitions, 3);
  assert.deepEqual(settings.kafka.brokers, ['a:1', 'b:2']);
  assert.equal(settings.kafka.ssl, true);
  assert.equal(settings.remove, true);
  assert.equal(load({ argv: ['--kafka-ssl', 'no', '--topic-prefix', 'x'] }).settings.kafka.ssl, false);
});

for (const [word, value] of [
  ['0', false],
  ['false', false],
  ['no', false],
  ['Off', false],
  ['1', true],
  ['TRUE', true],
  ['yes', true],
  ['on', true],
] as const) {
  test(`a flag understands "${word}"`, () => {
    assert.equal(load({ env: { PORT_TICKER_KAFKA_SSL: word } }).settings.kafka.ssl, value);
  });
}

test('an empty variable means "not set" where nothing is a value, and is refused elsewhere', () => {
  assert.equal(load({ env: { PORT_TICKER_SCHEMA_REGISTRY_URL: '' } }).settings.schemaRegistry.url, null);
  assert.equal(failure({ env: { PORT_TICKER_TOPIC_PARTITIONS: '' } }).code, 'SETTINGS');
});

test('every wrong setting gets one line that begins with the name it was given by', async (t) => {
  const file = await configFile(t, { topics: { replication: 'many' }, kafka: { brokerz: ['a:1'] } });
  const error = failure({
    argv: ['--config', file, '--topic-partitions', '12abc', '--kafka-brokers', 'nowhere'],
    env: { PORT_TICKER_LOG_LEVEL: 'loud', PORT_TICKER_CONSUMER_HTTP_PORT: '70000' },
  });
  assert.equal(error.code, 'SETTINGS');
  const names = error.message.split('\n').map((line) => line.slice(0, line.indexOf(':')));
  assert.deepEqual(names.toSorted(), [
    '--kafka-brokers',
    '--topic-partitions',
    'PORT_TICKER_CONSUMER_HTTP_PORT',
    'PORT_TICKER_LOG_LEVEL',
    `kafka.brokerz in ${file}`,
    `topics.replication in ${file}`,
  ]);
  assert.match(error.message, /brokerz .*did you mean kafka\.brokers\?/);
});

for (const [what, content] of [
  ['that is not JSON', '{"kafka":'],
  ['that is a list', '[]'],
  ['whose group is no object', { kafka: 'a:1' }],
  ['whose value has the wrong depth', { log: { level: { deep: { er: 1 } } } }],
  ['whose list is an object', { kafka: { brokers: { a: 1 } } }],
] as const) {
  test(`a settings file ${what} is a settings error`, async (t) => {
    assert.equal(failure({ argv: ['--config', await configFile(t, content)] }).code, 'SETTINGS');
  });
}

test('a missing settings file is a settings error that names it', () => {
  const error = failure({ argv: ['--config', '/nowhere/settings.json'] });
  assert.equal(error.code, 'SETTINGS');
  assert.match(error.message, /\/nowhere\/settings\.json/);
});

test('an unknown argument is a usage error that says what was meant', () => {
  const error = failure({ argv: ['--kafka-broker', 'a:1'] });
  assert.equal(error.code, 'USAGE');
  assert.match(error.remedy, /--kafka-brokers/);
});

test('a word that is no argument, and an argument without its value, are usage errors', () => {
  assert.equal(failure({ argv: ['start'] }).code, 'USAGE');
  assert.equal(failure({ argv: ['--topic-prefix'] }).code, 'USAGE');
});

test('an unknown variable is a warning with the nearest match', () => {
  const { warnings } = load({ env: { PORT_TICKER_KAFKA_BROKER: 'a:1', OTHER: 'x' } });
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /PORT_TICKER_KAFKA_BROKER .*PORT_TICKER_KAFKA_BROKERS/);
});

test("another program's variable is no reason for a warning", () => {
  assert.deepEqual(load({ env: { PORT_TICKER_THRESHOLD: '200' } }).warnings, []);
});

test('the list of variables is that of the programs', () => {
  const settings = [...leaves(consumerSchema), ...leaves(producerSchema)].map(({ setting }) => setting.env);
  const names = new Set(settings.flatMap((name) => name?.replace(/^PORT_TICKER_/, '') ?? []));
  const file = new URL('../../src/common/settings/variables.ts', import.meta.url);
  const text = readFileSync(file, 'utf8');
  const list = `[\n${[...names].map((name) => `  '${name}',\n`).join('')}]`;
  const expected = text.replace(/\[\n.*?\]/s, list);
  if (isWriting) writeFileSync(file, expected);
  assert.equal(readFileSync(file, 'utf8'), expected, 'PORT_TICKER_WRITE_DOCS=1 writes the list anew');
  assert.ok(variables.includes('PORT_TICKER_KAFKA_BROKERS'));
});

test('--help lists every setting with its variable and default', () => {
  const loaded = loadSettings(program, schema, { argv: ['--help'], env: {} });
  assert.ok('answer' in loaded);
  for (const { argument, setting } of leaves(schema)) {
    assert.ok(loaded.answer.includes(`--${argument}`), argument);
    if (setting.env !== undefined) assert.ok(loaded.answer.includes(setting.env), setting.env);
  }
  assert.match(loaded.answer, /default: 127\.0\.0\.1:9092/);
});

test('--version answers with the version', () => {
  const loaded = loadSettings(program, schema, { argv: ['--version'], env: {} });
  assert.ok('answer' in loaded);
  assert.match(loaded.answer, /^program \d+\.\d+\.\d+\n$/);
});
