import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PortScanEvent } from '../../src/common/event.ts';
import { changesOf } from '../../src/consumer/changes.ts';
import { entryOf } from '../../src/consumer/merge.ts';
import { keyOf, Report } from '../../src/consumer/report.ts';
import { countUpdate, expiry, portScanEvent, resetEvent } from '../helpers/records.ts';

const partition = 3;
const { episode } = portScanEvent();

function reset(source: string, changed: Partial<PortScanEvent> = {}): PortScanEvent {
  return resetEvent({ source, episode: episode + 1_000, ...changed });
}

/** A report in which the events have become rows. */
function reportOf(...events: PortScanEvent[]): Report {
  const report = new Report(expiry);
  for (const [index, event] of events.entries()) {
    const record = { partition, offset: index, changedAt: 0 };
    report.written({ key: keyOf(event, partition), entry: entryOf(event), ...record });
  }
  return report;
}

function counts(events: readonly PortScanEvent[], report: Report): [string, number | undefined][] {
  return changesOf(events, partition, report).map(({ key, entry }) => [key, entry?.changeCount]);
}

test('of the events about one source only the last state is a change', () => {
  const events = [portScanEvent({ changeCount: 21 }), countUpdate({ changeCount: 33 })];
  assert.deepEqual(counts(events, new Report(expiry)), [['edge1/192.0.2.1', 33]]);
  assert.deepEqual(
    counts([countUpdate({ changeCount: 33 })], reportOf(countUpdate({ changeCount: 50 }))),
    [],
  );
});

test('a reset of a source leaves a floor that late events of earlier episodes do not lift', () => {
  const floor = reset('192.0.2.1');
  assert.deepEqual(counts([floor], reportOf(portScanEvent())), [['edge1/192.0.2.1', 0]]);
  const late = countUpdate({ changeCount: 99 });
  assert.deepEqual(counts([late], reportOf(portScanEvent(), floor)), []);
  assert.deepEqual(counts([portScanEvent(), floor, late], new Report(expiry)), [['edge1/192.0.2.1', 0]]);
});

test('an episode after the reset is a row again', () => {
  const next = portScanEvent({ episode: episode + 1_000 });
  assert.deepEqual(counts([next], reportOf(reset('192.0.2.1'))), [['edge1/192.0.2.1', 21]]);
  assert.deepEqual(counts([next], reportOf(reset('*'))), [['edge1/192.0.2.1', 21]]);
});

test('a reset of all sources removes the rows of its sensor that are older, and keeps late events out', () => {
  const floor = reset('*');
  const report = reportOf(
    portScanEvent({ source: '192.0.2.1' }),
    portScanEvent({ source: '192.0.2.2', episode: episode + 2_000 }),
    portScanEvent({ sensor: 'edge2' }),
  );
  assert.deepEqual(counts([floor], report), [
    ['edge1/*/3', 0],
    ['edge1/192.0.2.1', undefined],
  ]);
  assert.deepEqual(
    counts([portScanEvent({ source: '192.0.2.7' }), floor, countUpdate({ changeCount: 99 })], report),
    [
      ['edge1/192.0.2.7', undefined],
      ['edge1/*/3', 0],
      ['edge1/192.0.2.1', undefined],
    ],
  );
  assert.deepEqual(counts([countUpdate({ changeCount: 99 })], reportOf(floor)), []);
});

test('the same reset again changes nothing', () => {
  for (const floor of [reset('*'), reset('192.0.2.1')])
    assert.deepEqual(counts([floor], reportOf(floor)), []);
});
