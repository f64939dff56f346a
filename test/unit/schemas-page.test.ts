import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { schemasPage } from '../../scripts/docs/schemas.ts';
import { isWriting } from '../helpers/generated-table.ts';

const root = new URL('../../', import.meta.url);
const page = new URL('docs/schemas.md', root);
const schemas = readdirSync(new URL('schemas/', root)).filter((file) => file.endsWith('.avsc'));

test('docs/schemas.md is what the schemas say', () => {
  if (isWriting) writeFileSync(page, schemasPage());
  assert.equal(readFileSync(page, 'utf8'), schemasPage(), 'PORT_TICKER_WRITE_DOCS=1 writes the page anew');
});

test('every field of every schema is on the page, and says what it is', () => {
  const text = readFileSync(page, 'utf8');
  for (const file of schemas) {
    const { name, fields }: { name: string; fields: { name: string; doc?: string }[] } = JSON.parse(
      readFileSync(new URL(`schemas/${file}`, root), 'utf8'),
    );
    const chapter = text.split(/^## /m).find((each) => each.startsWith(`${name}\n`)) ?? '';
    for (const field of fields) {
      assert.ok(chapter.includes(`| \`${field.name}\` `), `${name}.${field.name}`);
      assert.ok(field.doc, `${name}.${field.name} says nothing`);
    }
  }
});
