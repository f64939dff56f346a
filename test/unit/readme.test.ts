import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exitCodes } from '../../src/common/errors.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

test('the README lists every exit code, and no other', () => {
  const listed = Array.from(readme.matchAll(/\| (\d{2}) +\| ([A-Z_]+)/g), ([, code, name]) => [
    name,
    Number(code),
  ]);
  assert.deepEqual(Object.fromEntries(listed), exitCodes);
});
