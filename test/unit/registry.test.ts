import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { describe } from '../../src/common/errors.ts';
import { SchemaRegistry } from '../../src/common/registry.ts';
import { kafkaSchema } from '../../src/common/settings/fragments.ts';
import { loadSettings } from '../../src/common/settings/load.ts';
import { freePort } from '../helpers/free-port.ts';
import { startRegistry } from '../helpers/registry.ts';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';
import { kafkaSettings } from '../helpers/topics.ts';

test('the credentials come from the file that the settings name', async (t) => {
  const registry = await startRegistry(t);
  const directory = temporaryDirectory('port-ticker-registry-');
  t.after(() => directory.remove());
  const file = join(directory.path, 'auth');
  writeFileSync(file, 'user:pass:word\n');
  const env = {
    PORT_TICKER_SCHEMA_REGISTRY_URL: `${registry.url}/`,
    PORT_TICKER_SCHEMA_REGISTRY_AUTH_FILE: file,
  };
  const loaded = loadSettings({ name: '', description: '' }, kafkaSchema, { argv: [], env });
  assert.ok('settings' in loaded);

  await SchemaRegistry.from(loaded.settings)?.register('topic-value', '"int"');
  assert.equal(registry.credentials[0], `Basic ${Buffer.from('user:pass:word').toString('base64')}`);
});

test('a login in the URL is refused, as it would be printed with it, and is not shown', () => {
  assert.throws(
    () =>
      SchemaRegistry.from(kafkaSettings('k1:9092', 'test', '--schema-registry-url=http://me:hunter2@r:1')),
    (error) => {
      assert.match(describe(error), /has a login in it – .*PORT_TICKER_SCHEMA_REGISTRY_AUTH_FILE/);
      assert.doesNotMatch(describe(error), /hunter2/);
      return true;
    },
  );
});

test('a registry that cannot be reached may work later', async () => {
  const registry = new SchemaRegistry(`http://127.0.0.1:${await freePort()}`);
  await assert.rejects(registry.schema(1), { code: 'REGISTRY_UNREACHABLE', retriable: true });
});

test('a subject that another program configures at the same moment is registered all the same', async (t) => {
  const standIn = await startRegistry(t);
  standIn.isConfiguredByAnother();
  await new SchemaRegistry(standIn.url).register('topic-value', '"int"');
  assert.deepEqual([...standIn.schemas.values()], ['"int"']);
});

for (const [status, code, retriable] of [
  [401, 'REGISTRY_ACCESS', true],
  [409, 'SCHEMA_REFUSED', false],
  [422, 'SCHEMA_REFUSED', false],
  [404, 'SCHEMA_UNKNOWN', false],
  [500, 'REGISTRY_UNREACHABLE', true],
] as const) {
  test(`the answer ${status} is ${code}`, async (t) => {
    const standIn = await startRegistry(t);
    standIn.refuseWith(status);
    await assert.rejects(new SchemaRegistry(standIn.url).schema(1), { code, retriable });
  });
}
