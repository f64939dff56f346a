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
  const text = readFileSync(page, 'utf8');
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->`];
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end);
  assert.ok(from >= begin.length && to >= from, `${page.pathname} has no place for "${name}"`);
  const table = `\n${markdownTable(rows)}\n`;
  if (isWriting) writeFileSync(page, text.slice(0, from) + table + text.slice(to));
  else assert.equal(text.slice(from, to), table, 'PORT_TICKER_WRITE_DOCS=1 writes the table anew');
}
