import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { markdownTable } from '../../scripts/docs/table.ts';

/** A page documents what the tests have seen: only with PORT_TICKER_WRITE_DOCS is it written anew. */
export const isWriting = process.env['PORT_TICKER_WRITE_DOCS'] !== undefined;

/**
 * Holds a table in a Markdown page, between `<!-- NAME -->` and `<!-- end of NAME -->`, against what a test has found;
 * the first row is the heading.
 */
export function assertDocumented(page: URL, name: string, rows: readonly (readonly string[])[]): void {
  if (isWriting) writeTable(page, name, rows);
  const { text, from, to } = place(page, name);
  assert.equal(text.slice(from, to), padded(rows), 'PORT_TICKER_WRITE_DOCS=1 writes the table anew');
}

/** Puts a table where `assertDocumented` looks for it. */
export function writeTable(page: URL, name: string, rows: readonly (readonly string[])[]): void {
  const { text, from, to } = place(page, name);
  writeFileSync(page, text.slice(0, from) + padded(rows) + text.slice(to));
}

function place(page: URL, name: string): { text: string; from: number; to: number } {
  const text = readFileSync(page, 'utf8');
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->`];
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end);
  assert.ok(from >= begin.length && to >= from, `${page.pathname} has no place for "${name}"`);
  return { text, from, to };
}

function padded(rows: readonly (readonly string[])[]): string {
  return `\n${markdownTable(rows)}\n`;
}
