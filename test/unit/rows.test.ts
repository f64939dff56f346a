import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { everything } from '../../src/consumer/query.ts';
import { ReportOfTest } from '../helpers/shown-rows.ts';

/** What the loop may be held up by: 200 rows are looked at in some 2 ms. */
const mostInATurn = 200;

/** Calls `seen` in every turn of the event loop, until the test is over. */
function everyTurn(t: TestContext, seen: () => void): void {
  let next = setImmediate(look);
  t.after(() => clearImmediate(next));
  function look(): void {
    seen();
    next = setImmediate(look);
  }
}

/** The most rows that are looked at in one turn of the event loop. */
function mostLooks(t: TestContext, scene: ReportOfTest): () => number {
  let most = 0;
  let before = scene.looks;
  everyTurn(t, () => {
    most = Math.max(most, scene.looks - before);
    before = scene.looks;
  });
  return () => most;
}

test('looking at all rows gives others their turn, however many do so at once', async (t) => {
  const scene = new ReportOfTest();
  scene.putMany(5_000);
  const most = mostLooks(t, scene);
  const rankings = await Promise.all(Array.from({ length: 20 }, () => scene.rows.rank(everything)));
  assert.ok(rankings.every(({ ranks }) => ranks.length === 5_000));
  assert.ok(most() > 0 && most() <= mostInATurn, `${most()} rows in a turn`);
});

test('all who come while a walk is under way share the next one', async () => {
  const scene = new ReportOfTest();
  scene.putMany(1_000);
  const first = scene.rows.rank(everything);
  await new Promise(setImmediate);
  await Promise.all([first, ...Array.from({ length: 20 }, () => scene.rows.rank(everything))]);
  assert.equal(scene.looks, 2_000);
});

test('a row that comes again while the report is looked at is there once at most, and one that goes is not', async (t) => {
  const scene = new ReportOfTest();
  scene.putMany(2_000);
  let turns = 0;
  everyTurn(t, () => {
    turns += 1;
    if (turns !== 5) return;
    for (const source of ['10.0.0.1', '10.0.0.2', '10.0.7.100']) scene.remove(`edge1/${source}`);
    scene.put({ source: '10.0.0.1', changeCount: 1 }); // where one was that has not been come past
  });
  const { rows } = await scene.rows.select(everything);
  const sources = rows.map(({ entry }) => entry.source);
  assert.ok(turns > 5);
  assert.equal(new Set(sources).size, sources.length);
  assert.ok(!sources.includes('10.0.0.2') && !sources.includes('10.0.7.100'));
  assert.ok(sources.length >= 1_997);
});

test('a row that changes while the report is looked at is told as it is in the end', async (t) => {
  const scene = new ReportOfTest();
  scene.putMany(2_000);
  let turns = 0;
  everyTurn(t, () => {
    turns += 1;
    if (turns === 8) scene.put({ source: '10.0.0.1', changeCount: 7_777 });
  });
  const { rows } = await scene.rows.select({ ...everything, text: '10.0.0.1' });
  assert.equal(rows.find(({ entry }) => entry.source === '10.0.0.1')?.entry.changeCount, 7_777);
});
