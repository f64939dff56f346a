import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { scalingTables } from '../../bench/scaling/tables.ts';
import { assertDocumented } from '../helpers/generated-table.ts';

const page = new URL('../../docs/scaling.md', import.meta.url);
const results = new URL('../../bench/results.json', import.meta.url);

const { scaling } = JSON.parse(readFileSync(results, 'utf8'));

test('docs/scaling.md says what the last benchmark has measured, and the plan that follows', () => {
  for (const [name, table] of Object.entries(scalingTables(scaling.raw))) assertDocumented(page, name, table);
});
