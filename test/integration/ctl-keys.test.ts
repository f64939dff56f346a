import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  isSignedBy,
  parseSignature,
  publicKeyOf,
  signatureHeader,
} from '../../src/common/control/signature.ts';
import { brokerOfFile } from '../helpers/broker-of-file.ts';
import { applied, controlDouble } from '../helpers/control-double.ts';
import { Service } from '../helpers/service.ts';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';
import { ticker } from '../helpers/ticker.ts';
import { topicPrefix } from '../helpers/topic-prefix.ts';

const broker = brokerOfFile();

/** A file that is removed with the test. */
function fileOf(t: TestContext, name: string): string {
  const directory = temporaryDirectory('port-ticker-keys-');
  t.after(() => directory.remove());
  return join(directory.path, name);
}

test("keygen writes a private key for its owner alone, and prints its entry for the consumers' list", async (t) => {
  const file = fileOf(t, 'ops.pem');
  const { code, stdout, stderr } = await ticker(t, ['keygen', file]);
  assert.equal(code, 0);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const { id, publicKey, commands, sensors, notAfter, role } = JSON.parse(stdout);
  assert.deepEqual([id, commands, sensors, role], ['ops', ['*'], ['*'], 'operator']);
  assert.equal(publicKeyOf(publicKey).asymmetricKeyType, 'ed25519');
  assert.ok(Date.parse(notAfter) > Date.now());
  assert.match(stderr, /ops\.pem is the private key: keep it/);
});

test('keygen overwrites nothing', async (t) => {
  const file = fileOf(t, 'ops.pem');
  writeFileSync(file, 'dear');
  const { code, stdout, stderr } = await ticker(t, ['keygen', file]);
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /^cannot write the key to .*EEXIST.* – name a new file/);
  assert.equal(readFileSync(file, 'utf8'), 'dear');
});

test('--key signs the very record that is sent', async (t) => {
  const double = await controlDouble(t, broker.brokers, () => applied('edge1'));
  await double.says({ sensor: 'edge1' });
  const file = fileOf(t, 'ops.pem');
  const { publicKey } = JSON.parse((await ticker(t, ['keygen', file])).stdout);
  const { code } = await ticker(t, ['--sensor', 'edge1', '-t', '7', '--key', file, ...double.args]);
  assert.equal(code, 0);
  const [record] = double.records;
  assert.ok(record !== undefined && record.value !== null);
  const header = parseSignature(String(record.headers?.[signatureHeader]));
  assert.equal(header?.keyId, 'ops');
  assert.ok(header !== undefined);
  const { value } = record;
  const topic = `${double.prefix}.control`;
  assert.ok(isSignedBy({ topic, key: 'edge1', value }, header.signature, publicKeyOf(publicKey)));
  assert.ok(!isSignedBy({ topic, key: '*', value }, header.signature, publicKeyOf(publicKey)));
});

test('a file that is no such key is wrong usage, and nothing is sent', async (t) => {
  const file = fileOf(t, 'ops.pem');
  writeFileSync(file, 'no key');
  const { code, stderr } = await ticker(t, ['--sensor', 'edge1', '-t', '7', '--key', file]);
  assert.equal(code, 2);
  assert.match(
    stderr,
    /^.*ops\.pem holds no Ed25519 private key – make one for --key with ticker_ctl keygen\n$/,
  );
});

test('a consumer that requires signatures takes what --key has signed within its rights, and nothing else', async (t) => {
  const directory = temporaryDirectory('port-ticker-keys-');
  t.after(() => directory.remove());
  const key = async (name: string, changed: object = {}) => {
    const file = join(directory.path, `${name}.pem`);
    return { file, entry: { ...JSON.parse((await ticker(t, ['keygen', file])).stdout), ...changed } };
  };
  const ops = await key('ops');
  const elsewhere = await key('elsewhere', { sensors: ['edge2'] });
  const own = await key('consumer', { role: 'consumer' });
  const keysFile = join(directory.path, 'keys.json');
  writeFileSync(keysFile, JSON.stringify({ keys: [ops.entry, elsewhere.entry, own.entry] }));

  const prefix = topicPrefix(t, broker.brokers);
  const consumer = new Service(t, 'consumer', {
    KAFKA_BROKERS: broker.brokers,
    TOPIC_PREFIX: prefix,
    SIGNATURES: 'require',
    SIGNATURE_KEYS_FILE: keysFile,
    SIGNING_KEY_FILE: own.file,
  });
  await consumer.ready();
  const send = (...more: string[]) =>
    ticker(t, [
      '--sensor',
      'edge1',
      '-t',
      '7',
      '--brokers',
      broker.brokers,
      '--topic-prefix',
      prefix,
      ...more,
    ]);

  const unsigned = await send();
  assert.equal(unsigned.code, 1);
  assert.match(unsigned.stdout, /^consumer: rejected set-threshold 7: it is not signed/);
  const foreign = await send('--key', elsewhere.file);
  assert.equal(foreign.code, 1);
  assert.match(foreign.stdout, /the key elsewhere has no right to command edge1/);
  const signed = await send('--key', ops.file);
  assert.deepEqual([signed.code, signed.stdout], [3, 'edge1: waiting, never heard of it\n']);
});
