import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../', import.meta.url);
const guarantees = readFileSync(new URL('docs/guarantees.md', root), 'utf8');

/** `test/FILE` "words of a test's name". */
const cited = Array.from(
  guarantees.matchAll(/`(test\/[\w/.-]+)`(?:\s"([^"]+)")?/g),
  ([, file = '', name]) => ({
    file,
    name,
  }),
);

test('every promise names a test', () => {
  const rows = guarantees.split('\n').filter((line) => /^\| (?!promise|-)/.test(line));
  assert.ok(rows.length > 20);
  for (const row of rows) assert.match(row, /`test\/[^`]+` "[^"]+"/);
});

test('every test that docs/guarantees.md names is there', () => {
  for (const { file, name } of cited) {
    assert.ok(existsSync(new URL(file, root)), file);
    if (name === undefined) continue;
    const found = readFileSync(new URL(file, root), 'utf8').includes(name);
    assert.ok(found, `${file} has no test "${name}"`);
  }
});
