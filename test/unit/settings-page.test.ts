import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exitCodes } from '../../src/common/errors.ts';
import { leaves } from '../../src/common/settings/schema.ts';
import { consumerSchema } from '../../src/consumer/settings.ts';
import { producerSchema } from '../../src/producer/settings.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/settings.md'), 'utf8');

test('docs/settings.md lists every exit code, and no other', () => {
  const listed = Array.from(page.matchAll(/\| (\d{2}) +\| ([A-Z_]+)/g), ([, code, name]) => [
    name,
    Number(code),
  ]);
  assert.deepEqual(Object.fromEntries(listed), exitCodes);
});

test('every setting that docs/settings.md lists is there, with the default that it says', () => {
  const settings = [...leaves(consumerSchema), ...leaves(producerSchema)];
  const listed = Array.from(page.matchAll(/^\| `--([a-z-]+) [^|]*(?:\\\|[^|]*)*\| (\S+) +\|/gm));
  assert.ok(listed.length >= 12, `${listed.length} settings`);
  for (const [, name, said] of listed) {
    const value = settings.find(({ argument }) => argument === name)?.setting.default;
    if (name === 'remove' || name === 'sensor-id') continue; // not a default that is the same everywhere
    assert.ok(value !== undefined, `--${name}`);
    const isNone = value === null || (Array.isArray(value) && value.length === 0);
    assert.equal(said, isNone ? 'none' : String(Number(value) === 0 ? 0 : value), `--${name}`);
  }
});

test('docs/settings.md lists the settings of alerts', () => {
  const settings: object = consumerSchema.alerts;
  for (const { argument } of leaves(settings)) assert.ok(page.includes(`| \`--${argument} `), argument);
});
