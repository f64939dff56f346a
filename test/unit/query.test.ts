import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvHead, csvLine } from '../../src/consumer/csv.ts';
import { everything, queryOf, queryText } from '../../src/consumer/query.ts';
import { ReportOfTest } from '../helpers/shown-rows.ts';

const now = 1_780_000_000_000;

function scene(): ReportOfTest {
  const scene = new ReportOfTest();
  const harmless = { verdict: false, distinctPorts: 5 };
  scene.put({ source: '192.0.2.10', changeCount: 30, ...harmless }, now - 10_000);
  scene.put({ source: '192.0.2.9', changeCount: 50, sensor: 'edge2' }, now - 20_000);
  scene.put({ source: '2001:db8::1', changeCount: 40 }, now - 600_000);
  scene.put({ source: '198.51.100.1', changeCount: 900, ...harmless }, now - 7_200_000);
  return scene;
}

async function sources(url: string): Promise<string[]> {
  const { rows } = await scene().rows.select(queryOf(url), now);
  return rows.map(({ entry }) => entry.source);
}

for (const [url, expected] of [
  ['/', ['198.51.100.1', '192.0.2.9', '2001:db8::1', '192.0.2.10']],
  ['/?sort=count', ['192.0.2.10', '2001:db8::1', '192.0.2.9', '198.51.100.1']],
  ['/?sort=source', ['192.0.2.9', '192.0.2.10', '198.51.100.1', '2001:db8::1']],
  ['/?sort=-activity', ['192.0.2.9', '192.0.2.10', '2001:db8::1', '198.51.100.1']],
  ['/?sort=-last', ['192.0.2.10', '192.0.2.9', '2001:db8::1', '198.51.100.1']],
  ['/?sort=-count&sort=count&limit=2', ['192.0.2.10', '2001:db8::1']],
  ['/?q=192.0.2', ['192.0.2.9', '192.0.2.10']],
  ['/?q=edge2', ['192.0.2.9']],
  ['/?severity=47', ['192.0.2.9', '2001:db8::1']],
  ['/?q=nothing', []],
  ['/?limit=0', []],
] as const) {
  test(`${url} selects ${expected.join(', ') || 'nothing'}`, async () =>
    assert.deepEqual(await sources(url), expected));
}

test('a selection says how many match, and of how many', async () => {
  const { rows, ...counts } = await scene().rows.select(queryOf('/?q=192.0.2&limit=1'), now);
  assert.equal(rows.length, 1);
  assert.deepEqual(counts, { matched: 2, total: 4 });
});

test('of many rows the first are the same as of all of them sorted', async () => {
  const many = new ReportOfTest();
  for (let index = 0; index < 1_000; index += 1)
    many.put({ source: `198.51.${index >> 8}.${index & 255}`, changeCount: (index * 7_919) % 1_009 });
  const { rows: all } = await many.rows.select(everything);
  const { rows: first } = await many.rows.select({ ...everything, limit: 50 });
  assert.deepEqual(first, all.slice(0, 50));
  assert.ok(
    all.every(
      ({ entry }, index) => index === 0 || entry.changeCount <= (all[index - 1]?.entry.changeCount ?? 0),
    ),
  );
});

for (const [url, problem] of [
  ['/?sort=colour', /sort must be one of activity, source/],
  ['/?severity=50', /severity must be one of 0, 21/],
  ['/?limit=-1', /limit must be a whole number/],
  [`/?q=${'x'.repeat(101)}`, /q must be at most 100 characters/],
] as const) {
  test(`${url.slice(0, 20)} is refused with what is wrong`, () => {
    assert.throws(() => queryOf(url), problem);
  });
}

test('a query is the same when it is written into a URL and read again', () => {
  const query = queryOf('/?q=a%26b&severity=47&sort=-ports');
  assert.deepEqual(queryOf(`/${queryText(query, everything)}`), query);
  assert.equal(queryText(everything, everything), '');
});

test('what is exported for spreadsheets has a line for each row, and nothing that one would run', async () => {
  const scene = new ReportOfTest();
  scene.put({ sensor: '=cmd|calc', destination: 'say "hi", twice', ports: [22, 80] });
  const [line = ''] = (await scene.rows.select(everything)).rows.map(csvLine);
  assert.match(csvHead, /^source,changeCount,sensor,severity,summary,/);
  assert.match(line, /^"192\.0\.2\.1",21,"'=cmd\|calc",73,"TCP SYN scan from 192\.0\.2\.1: about 22 ports/);
  assert.match(line, /,"22 80",/);
  assert.match(line, /"say ""hi"", twice",22$/);
});
