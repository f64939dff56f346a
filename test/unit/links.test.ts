import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');
const notOurs = ['node_modules', 'build', '.cache', '.node', '.git'];
const pages = globSync('**/*.md', { cwd: root, exclude: (path) => notOurs.includes(path) });

/** A link of a page to a file of the project, or into a page. */
interface Link {
  page: string;
  target: string;
  /** From the project's root; the page itself for an anchor alone. */
  file: string;
  anchor: string | undefined;
}

test('every relative link leads to a file or a folder that is there', () => {
  const links = pages.flatMap(linksOf);
  assert.ok(links.length > 60, `${links.length} links`);
  for (const { page, target, file } of links)
    assert.ok(existsSync(join(root, file)), `${page} links to ${target}`);
});

test('every anchor is a heading of the page that it points into', () => {
  const links = pages.flatMap(linksOf).filter(({ file }) => file.endsWith('.md'));
  assert.ok(links.some(({ anchor }) => anchor !== undefined));
  for (const { page, target, file, anchor } of links)
    if (anchor !== undefined) assert.ok(anchorsOf(file).has(anchor), `${page} links to ${target}`);
});

test('the README leads to every page of docs/, or to the folder of it', () => {
  const linked = linksOf('README.md').map(({ file }) => file.replace(/\/(README\.md)?$/, ''));
  for (const page of pages.filter((each) => each.startsWith('docs/')))
    assert.ok(linked.includes(page) || linked.includes(dirname(page)), page);
});

/** Links to elsewhere are left out: only what is in the project is known to be there. */
function linksOf(page: string): Link[] {
  const text = withoutCode(readFileSync(join(root, page), 'utf8'));
  const targets = Array.from(text.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm));
  return targets.flatMap(([, inline, listed = '']) => {
    const target = inline ?? listed;
    if (/^[a-z]+:/.test(target)) return [];
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : relative(root, resolve(root, dirname(page), path));
    return [{ page, target, file: isFolder(file) ? `${file}/` : file, anchor }];
  });
}

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

function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^```.*?^```$/gms, '').replaceAll(/`[^`\n]+`/g, '');
}

function isFolder(path: string): boolean {
  return statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory() ?? false;
}
