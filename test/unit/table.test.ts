import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportTable } from '../../src/common/table.ts';
import { reportEntry } from '../helpers/records.ts';

test("the table is the original's, character by character", () => {
  const table = reportTable([reportEntry({ source: '127.0.0.1', changeCount: 2122, threshold: 20 })]);
  assert.equal(
    table,
    `Report:

-------------------------------------
Source IP       |  Change count
-------------------------------------
127.0.0.1       |  2122
`,
  );
});

test('only counts above their threshold are in it, the largest first', () => {
  const table = reportTable([
    reportEntry({ source: '192.0.2.1', changeCount: 20, threshold: 20 }),
    reportEntry({ source: '192.0.2.2', changeCount: 21, threshold: 20 }),
    reportEntry({ source: '192.0.2.3', changeCount: 500, threshold: 499 }),
    reportEntry({ source: '192.0.2.4', changeCount: 500, threshold: 500 }),
  ]);
  assert.deepEqual(table.trimEnd().split('\n').slice(5), ['192.0.2.3       |  500', '192.0.2.2       |  21']);
});

test('a long IPv6 source widens its own row only', () => {
  const source = '2001:db8:1111:2222:3333:4444:5555:6666';
  const lines = reportTable([reportEntry({ source, changeCount: 30, threshold: 20 })]).split('\n');
  assert.equal(lines[3], 'Source IP       |  Change count');
  assert.equal(lines[5], `${source}|  30`);
});
