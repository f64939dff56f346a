import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupId, groupKeys, groupsOf } from '../../src/consumer/alerts/groups.ts';
import { Ledger } from '../../src/consumer/alerts/ledger.ts';
import { Summary } from '../../src/consumer/alerts/summary.ts';
import {
  headersOf,
  type Told,
  type ToldGroup,
  type ToldRow,
  toldOf,
} from '../../src/consumer/alerts/told.ts';
import { decoys, fleet, suspect } from '../helpers/alerts.ts';
import { reportEntry } from '../helpers/records.ts';

const { episode } = reportEntry();
const [bySource = '', byTarget = ''] = groupKeys(reportEntry());

const toldGroup: ToldGroup = {
  about: 'group',
  group: bySource,
  anchor: episode,
  severity: 73,
  members: 3,
  count: 21,
};

test('three sensors with one source make a group, two do not', () => {
  assert.deepEqual(groupsOf(bySource, fleet(2), []), []);
  const [group] = groupsOf(bySource, fleet(3).toReversed(), []);
  assert.equal(group?.kind, 'fleet-sweep');
  assert.equal(group?.anchor, episode);
  assert.equal(group?.members.length, 3);
});

test('five sources with one target make a group, four do not', () => {
  assert.deepEqual(groupsOf(byTarget, decoys(4), []), []);
  const [group] = groupsOf(byTarget, decoys(5), []);
  assert.equal(group?.kind, 'distributed');
  assert.equal(group?.members.length, 5);
});

test('only who began within a minute is company', () => {
  const far = suspect({ sensor: 'far', episode: episode + 60_001 });
  const near = suspect({ sensor: 'near', episode: episode + 60_000 });
  assert.deepEqual(groupsOf(bySource, [...fleet(1), suspect({ sensor: 'other' }), far], []), []);
  assert.equal(
    groupsOf(bySource, [...fleet(1), suspect({ sensor: 'other' }), near], [])[0]?.members.length,
    3,
  );
});

test('a straggler before a group does not keep it from being one, nor takes members from it', () => {
  const early = suspect({ sensor: 'early', episode: episode - 59_500 });
  const groups = groupsOf(bySource, [early, ...fleet(4)], []);
  assert.deepEqual(
    groups.map(({ anchor, members }) => [anchor, members.length]),
    [[episode, 4]],
  );
});

test('what has been told of takes newcomers within a minute of its anchor, others make groups of their own', () => {
  const later = fleet(3, { episode: episode + 90_000 }).map((each, index) =>
    suspect({ ...each.entry, sensor: `later${index}` }),
  );
  const groups = groupsOf(bySource, [...fleet(4), ...later], [toldGroup]);
  assert.deepEqual(
    groups.map(({ told, members }) => [told?.members, members.length]),
    [
      [3, 4],
      [undefined, 3],
    ],
  );
});

test('the row that leads a group is the same in whatever order its members come', () => {
  const together = decoys(5, { episode });
  const mild = suspect({ source: '192.0.1.1', verdict: false, score: 0, distinctPorts: 40 });
  const late = decoys(1, { episode: episode + 1, source: '192.0.1.2' });
  for (const told of [[], [{ ...toldGroup, group: byTarget }]]) {
    for (const order of [together, together.toReversed(), [...together.slice(2), ...together.slice(0, 2)]]) {
      const [group] = groupsOf(byTarget, [mild, ...late, ...order], told);
      assert.ok(group);
      assert.equal(Summary.of(group.members).lead?.entry.source, '192.0.2.0');
    }
  }
});

test('rows share a source, or a target and their first ports at one sensor', () => {
  const keys = groupKeys(reportEntry());
  assert.deepEqual(groupKeys(reportEntry({ source: '192.0.2.2' }))[1], keys[1]);
  assert.deepEqual(
    groupKeys(reportEntry({ ports: [1, 2, 3, 4] })),
    keys,
    'a verdict comes at the fourth port',
  );
  for (const other of [{ ports: [2, 1, 3, 4] }, { destination: '198.51.100.8' }, { sensor: 'edge2' }])
    assert.notEqual(groupKeys(reportEntry(other))[1], keys[1]);
  for (const nothing of [{ destination: null }, { ports: [] }])
    assert.equal(groupKeys(reportEntry(nothing)).length, 1);
});

const toldRow: ToldRow = {
  about: 'row',
  sensor: 'edge1',
  source: '192.0.2.1',
  epoch: '00112233aabbccdd',
  episode,
  severity: 47,
  count: 21,
};

test('what was told survives the headers of a record', () => {
  const all: Told[] = [
    toldRow,
    toldGroup,
    ...[true, false].map(
      (isOpen): Told => ({
        ...{
          about: 'sensor',
          sensor: 'edge1',
          problem: 'events-dropped',
          occurrence: 'a/0',
          isOpen,
          count: 3,
        },
      }),
    ),
  ];
  for (const told of all) assert.deepEqual(toldOf(buffers(headersOf(told))), told);
});

test('headers that no alert desk has written tell nothing', () => {
  const good = headersOf(toldRow);
  for (const bad of [{}, { ...good, about: 'else' }, { ...good, episode: 'x' }, { about: 'row' }])
    assert.equal(toldOf(buffers(bad)), undefined);
});

test('the ledger takes whatever headers tell, also those of a stranger', () => {
  const good = headersOf(toldRow);
  for (const strange of [
    { source: 'x'.repeat(70_000) },
    { epoch: 'x'.repeat(2 ** 20) },
    { episode: '9'.repeat(20) },
    { severity: `${2 ** 40}` },
  ]) {
    const told = toldOf(buffers({ ...good, ...strange }));
    if (told !== undefined) assert.doesNotThrow(() => new Ledger().note(told));
  }
});

test('the ledger keeps the highest severity and the first count of an episode, in any order', () => {
  const first = toldRow;
  const rise: ToldRow = { ...toldRow, severity: 73, count: 42 };
  for (const order of [
    [first, rise],
    [rise, first, rise],
  ]) {
    const ledger = new Ledger();
    for (const told of order) ledger.note(told);
    assert.equal(ledger.row(reportEntry())?.severity, 73);
    assert.equal(ledger.row(reportEntry())?.count, 21);
  }
});

test('of a newer episode the ledger knows nothing, and of an older one nothing any more', () => {
  const ledger = new Ledger();
  const next = reportEntry({ episode: episode + 1 });
  ledger.note(toldRow);
  assert.equal(ledger.row(next), undefined);
  ledger.note({ ...toldRow, episode: next.episode, severity: 21 });
  ledger.note(toldRow);
  assert.equal(ledger.row(next)?.severity, 21);
  assert.equal(ledger.row(reportEntry()), undefined);
});

function buffers(headers: Record<string, string>): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]));
}

test('of half a million keys, neighbours all, no two have the same id', () => {
  const ids = new Set<number>();
  for (let index = 0; index < 500_000; index += 1) {
    const source = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
    const [key = ''] = groupKeys(reportEntry({ source }));
    ids.add(groupId(key));
  }
  assert.equal(ids.size, 500_000);
  for (const id of ids) assert.ok(Number.isSafeInteger(id));
});
