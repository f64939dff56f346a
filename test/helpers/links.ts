import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** A link of a page to a file of the same tree, or into a page. */
export interface Link {
  page: string;
  target: string;
  /** From the root of the tree; the page itself for an anchor alone. */
  file: string;
  anchor: string | undefined;
}

/** Of a page, by its path from the root. Links to elsewhere are left out: only what is in the tree is known to be there. */
export function linksOf(root: string, page: string): Link[] {
  const text = withoutCode(readFileSync(join(root, page), 'utf8'));
  const targets = Array.from(text.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm));
  return targets.flatMap(([, inline, listed = '']) => {
    const target = inline ?? listed;
    if (/^[a-z]+:/.test(target)) return [];
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : relative(root, resolve(root, dirname(page), path));
    return [{ page, target, file: isFolder(join(root, file)) ? `${file}/` : file, anchor }];
  });
}

/** The links of pages, `page -> target`, that lead to nothing. */
export function deadLinks(root: string, pages: readonly string[]): string[] {
  const links = pages.flatMap((page) => linksOf(root, page));
  return links
    .filter(({ file }) => !existsSync(join(root, file)))
    .map(({ page, target }) => `${page} -> ${target}`);
}

function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^```.*?^```$/gms, '').replaceAll(/`[^`\n]+`/g, '');
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
