import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const docs = join(import.meta.dirname, '../../docs');

/** What a page of docs/ has to copy: its fenced blocks of one language, with texts of the test's in place of the page's. */
export function blocksOf(
  page: string,
  language: string,
  inPlace: Readonly<Record<string, string>> = {},
): string[] {
  const markdown = readFileSync(join(docs, page), 'utf8');
  const blocks = Array.from(markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)).flatMap(([, found, text = '']) =>
    found === language ? [text] : [],
  );
  if (blocks.length === 0) throw new Error(`${page} has no block of ${language}`);
  return blocks.map((block) =>
    Object.entries(inPlace).reduce((text, [from, to]) => text.replaceAll(from, to), block),
  );
}
