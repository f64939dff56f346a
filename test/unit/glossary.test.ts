import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');
const entries = Array.from(
  readFileSync(join(root, 'docs/glossary.md'), 'utf8').matchAll(
    /^\| ([a-z -]+?) +\| .*? \| ([a-z, ]*?) *\|$/gm,
  ),
  ([, word = '', others = '']) => ({ word, others: others.split(', ').filter(Boolean) }),
).filter(({ word }) => word !== 'word');
const code = globSync(['src/**/*.{ts,js}', 'xdp/**/*.{c,h,cc,ts}', 'schemas/*.avsc'], { cwd: root }).map(
  (file) => ({ file, words: wordsOf(readFileSync(join(root, file), 'utf8')) }),
);

test('every word of the glossary is one that the code uses', () => {
  assert.ok(entries.length >= 20, `${entries.length} words`);
  const used = code.map(({ words }) => words.join(' ')).join('\n');
  for (const { word } of entries) assert.ok(used.includes(word.replace('-', ' ')), word);
});

test('the code has no other word for what the glossary names', () => {
  for (const { word, others } of entries)
    for (const other of others) {
      const found = code.filter(({ words }) => words.includes(other)).map(({ file }) => file);
      assert.deepEqual(found, [], `"${other}" for ${word}`);
    }
});

/** Words in lower case, those within names too: lastChange, STAT_PORT_CHANGES. */
function wordsOf(text: string): string[] {
  const apart = text.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return apart.match(/[a-z]+/g) ?? [];
}
