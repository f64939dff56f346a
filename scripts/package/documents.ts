import { cpSync, existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const shipped = [
  'schemas',
  'docs',
  'README.md',
  'BENCHMARKS.md',
  'CHANGELOG.md',
  'LICENSE',
  'LICENSES',
] as const;

/** Copies schemas and documentation into the directory of the package. Links to what it does not have become plain text. */
export function writeDocuments(tree: string): void {
  for (const name of shipped) cpSync(join(root, name), join(tree, name), { recursive: true });
  for (const page of globSync(['*.md', 'docs/**/*.md'], { cwd: tree })) {
    const path = join(tree, page);
    writeFileSync(path, withoutDeadLinks(readFileSync(path, 'utf8'), dirname(path)));
  }
}

function withoutDeadLinks(markdown: string, directory: string): string {
  return markdown.replaceAll(
    /\[([^\]]+)\]\(([^)\s#]+)(#[^)\s]*)?\)/g,
    (link, text: string, target: string) =>
      /^[a-z]+:/.test(target) || existsSync(join(directory, target)) ? link : text,
  );
}
