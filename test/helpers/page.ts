import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const docs = join(import.meta.dirname, '../../docs');

/** What stands between ``` lines. */
export interface Block {
  language: string;
  text: string;
}

/** A block of shell, and the output that the page promises right after it. */
export interface Example {
  text: string;
  expected: string | undefined;
}

/** What a page of docs/ has to copy: its fenced blocks of one language, with texts of the test's in place of the page's. */
export function blocksOf(
  page: string,
  language: string,
  inPlace: Readonly<Record<string, string>> = {},
): string[] {
  const blocks = fencedBlocks(textOf(page)).flatMap((block) =>
    block.language === language ? [block.text] : [],
  );
  if (blocks.length === 0) throw new Error(`${page} has no block of ${language}`);
  return blocks.map((block) =>
    Object.entries(inPlace).reduce((text, [from, to]) => text.replaceAll(from, to), block),
  );
}

/** The shell blocks of a page of docs/, in its order. */
export function examplesOf(page: string): Example[] {
  return examplesIn(fencedBlocks(textOf(page)));
}

export function examplesIn(blocks: readonly Block[]): Example[] {
  return blocks.flatMap(({ language, text }, index) => {
    const next = blocks[index + 1];
    return language === 'sh' ? [{ text, expected: next?.language === 'text' ? next.text : undefined }] : [];
  });
}

export function fencedBlocks(markdown: string): Block[] {
  return Array.from(markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms), ([, language = '', text = '']) => ({
    language,
    text,
  }));
}

function textOf(page: string): string {
  return readFileSync(join(docs, page), 'utf8');
}
