import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { deadLinks, linksOf } from '../helpers/links.ts';

const root = join(import.meta.dirname, '../..');
const notOurs = ['node_modules', 'build', '.cache', '.node', '.git'];
const pages = globSync('**/*.md', { cwd: root, exclude: (path) => notOurs.includes(path) });

test('every relative link leads to a file or a folder that is there', () => {
  const links = pages.flatMap((page) => linksOf(root, page));
  assert.ok(links.length > 60, `${links.length} links`);
  assert.deepEqual(deadLinks(root, pages), []);
});

test('every anchor is a heading of the page that it points into', () => {
  const links = pages.flatMap((page) => linksOf(root, page)).filter(({ file }) => file.endsWith('.md'));
  assert.ok(links.some(({ anchor }) => anchor !== undefined));
  for (const { page, target, file, anchor } of links)
    if (anchor !== undefined) assert.ok(anchorsOf(file).has(anchor), `${page} links to ${target}`);
});

test('the README leads to every page of docs/, or to the folder of it', () => {
  const linked = linksOf(root, 'README.md').map(({ file }) => file.replace(/\/(README\.md)?$/, ''));
  for (const page of pages.filter((each) => each.startsWith('docs/')))
    assert.ok(linked.includes(page) || linked.includes(dirname(page)), page);
});

/** As GitHub makes them: lower case, blanks become hyphens, and of punctuation hyphens and underscores stay. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```.*?^```$/gms, '');
  for (const [, heading = ''] of text.matchAll(/^#+ (.+)$/gm)) {
    const plain = heading.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1').toLowerCase();
    const anchor = plain.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
    let unique = anchor;
    for (let number = 1; anchors.has(unique); number++) unique = `${anchor}-${number}`;
    anchors.add(unique);
  }
  return anchors;
}
