import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyOf, Report, type ReportRecord } from '../../src/consumer/report.ts';
import { expiry, nothingSeen, reportEntry } from '../helpers/records.ts';

const key = keyOf(reportEntry(), 0);

function record(offset: number, changeCount: number | null): ReportRecord {
  const entry = changeCount === null ? null : reportEntry({ changeCount, crossingCount: changeCount });
  return { key, entry, partition: 0, offset, changedAt: offset };
}

function state(report: Report) {
  return { count: report.get(key)?.entry.changeCount, outdated: [...report.outdated()] };
}

test('records that are read in order make the row', () => {
  const report = new Report(expiry);
  for (const each of [record(0, 21), record(1, 42)]) report.read(each, false);
  assert.deepEqual(state(report), { count: 42, outdated: [] });
  assert.equal(report.get(key)?.changedAt, 1);
});

test('a record behind one that is older does not take the row back, but makes it outdated in the topic', () => {
  const report = new Report(expiry);
  for (const each of [record(0, 42), record(1, 21)]) report.read(each, false);
  assert.deepEqual(state(report), { count: 42, outdated: [key] });
  report.read(record(2, 42), false);
  assert.deepEqual(state(report), { count: 42, outdated: [] });
});

test('what is read of records that this instance has since replaced is not outdated', () => {
  const report = new Report(expiry);
  report.written(record(0, 21));
  report.written(record(1, 42));
  report.read(record(0, 21), true);
  assert.deepEqual(state(report), { count: 42, outdated: [] });
});

test('what another has written before this instance wrote less is not lost, but makes the row outdated', () => {
  const report = new Report(expiry);
  report.written(record(1, 21));
  report.read(record(0, 42), true);
  assert.deepEqual(state(report), { count: 42, outdated: [key] });
  assert.equal(report.get(key)?.offset, 1);
  report.read(record(1, 21), true);
  assert.deepEqual(state(report), { count: 42, outdated: [key] });
});

test('a removal takes the row away, unless this instance owns the row and has not removed it itself', () => {
  const follower = new Report(expiry);
  for (const each of [record(0, 42), record(1, null)]) follower.read(each, false);
  assert.equal(follower.size, 0);

  const owner = new Report(expiry);
  owner.written(record(0, 42));
  owner.read(record(1, null), true);
  assert.deepEqual(state(owner), { count: 42, outdated: [key] });
});

test('a removal that this instance has written is gone, also when it is read again', () => {
  const report = new Report(expiry);
  report.written(record(0, 42));
  report.written(record(1, null));
  report.read(record(1, null), true);
  assert.deepEqual(state(report), { count: undefined, outdated: [] });
});

test('a removal that this instance has written does not take away what another has written behind it', () => {
  const report = new Report(expiry);
  report.written(record(0, 42));
  report.read(record(2, 84), true);
  report.written(record(1, null));
  assert.deepEqual(state(report), { count: 84, outdated: [] });
});

test('when the topic begins anew, every row is outdated until it is in the topic again, at whatever offset', () => {
  const report = new Report(expiry);
  report.read(record(500, 42), true);
  report.startOver();
  assert.deepEqual(state(report), { count: 42, outdated: [key] });
  report.written(record(0, 84));
  assert.deepEqual(state(report), { count: 84, outdated: [] });
});

test('what was there before a removal that this instance has written does not come back when it is read', () => {
  const report = new Report(expiry);
  report.written(record(0, 42));
  report.written(record(1, null));
  for (const each of [record(0, 42), record(1, null)]) report.read(each, true);
  assert.deepEqual(state(report), { count: undefined, outdated: [] });
  report.read(record(2, 84), false);
  assert.deepEqual(state(report), { count: 84, outdated: [] });
});

test('what another has written before a removal by this instance, and says more, is not lost, but to be written again', () => {
  const report = new Report(expiry);
  const now = Date.now();
  report.written(record(0, 42));
  report.written(record(3, null));
  for (const offset of [1, 2]) report.read({ ...record(offset, 80 + offset), changedAt: now }, true);
  report.read(record(3, null), true);
  assert.deepEqual(state(report), { count: 82, outdated: [key] });
  assert.deepEqual([report.get(key)?.offset, report.get(key)?.changedAt], [3, now]);
  report.written({ ...record(4, 82), changedAt: now });
  assert.deepEqual(state(report), { count: 82, outdated: [] });
});

test('what another has written between the decision to remove a row and the removal is not lost either', () => {
  const report = new Report(expiry);
  report.written(record(0, 42));
  report.read({ ...record(1, 84), changedAt: Date.now() }, true);
  report.written(record(2, null));
  assert.deepEqual(state(report), { count: 84, outdated: [key] });
  assert.equal(report.get(key)?.offset, 2);
});

test('a reset of all sources hides the rows of its sensor and partition that are older, for the owner to remove', () => {
  const report = new Report(expiry);
  const row = (sensor: string, source: string, partition: number, episode: number): ReportRecord => {
    const without = { ...nothingSeen, ports: [] };
    const entry = reportEntry({ sensor, source, episode, ...(source === '*' ? without : {}) });
    return { key: keyOf(entry, partition), entry, partition, offset: report.size, changedAt: 0 };
  };
  report.read(row('edge1', '192.0.2.1', 0, 100), false);
  report.read(row('edge1', '192.0.2.2', 1, 100), false);
  report.read(row('edge1', '192.0.2.3', 0, 300), false);
  report.read(row('edge2', '192.0.2.1', 0, 100), false);
  report.read(row('edge1', '*', 0, 200), false);
  report.read(row('edge1', '192.0.2.4', 0, 150), false);
  assert.deepEqual(
    [...report.entries()].map(({ sensor, source }) => `${sensor}/${source}`),
    ['edge1/192.0.2.2', 'edge1/192.0.2.3', 'edge2/192.0.2.1'],
  );
  assert.deepEqual([...report.outdated()], ['edge1/192.0.2.1', 'edge1/192.0.2.4']);
});

test('what this instance has written is known when it is read again, until something else is in its place', () => {
  const report = new Report(expiry);
  const at = (offset: number) => report.isFrom(key, { partition: 0, offset });
  assert.ok(!at(0));
  report.written(record(5, 21));
  assert.ok(at(5));
  assert.ok(!at(4), 'written by somebody else, before');
  report.read(record(6, 42), true);
  assert.ok(at(6) && !at(5));
  report.startOver();
  assert.ok(!at(6), 'the topic begins anew');
});
