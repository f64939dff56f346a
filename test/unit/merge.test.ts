import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PortScanEvent, ReportEntry } from '../../src/common/event.ts';
import { entryOf, merge } from '../../src/consumer/merge.ts';
import { countUpdate, portScanEvent } from '../helpers/records.ts';

const episode = 1_780_000_000_000;

test('within an episode the larger count wins', () => {
  const small = entryOf(portScanEvent({ changeCount: 21 }));
  const large = entryOf(portScanEvent({ changeCount: 42 }));
  assert.equal(merge(small, large), large);
  assert.equal(merge(large, small), large);
});

test('a newer episode wins with any count, then the larger epoch', () => {
  const old = entryOf(portScanEvent({ changeCount: 5_000 }));
  const newEpisode = entryOf(portScanEvent({ changeCount: 21, episode: episode + 1 }));
  const newEpoch = entryOf(portScanEvent({ changeCount: 21, epoch: 'ff112233aabbccdd' }));
  assert.equal(merge(old, newEpisode).changeCount, 21);
  assert.equal(merge(newEpisode, old).changeCount, 21);
  assert.equal(merge(old, newEpoch).changeCount, 21);
  assert.equal(merge(newEpoch, old).changeCount, 21);
});

test('what adds nothing leaves the held row itself', () => {
  const held = entryOf(portScanEvent({ changeCount: 42 }));
  assert.equal(merge(held, entryOf(portScanEvent({ changeCount: 42 }))), held);
  assert.equal(merge(held, entryOf(countUpdate({ changeCount: 30 }))), held);
});

test('a count without a packet keeps the packet of the newest crossing', () => {
  const crossed = entryOf(portScanEvent({ changeCount: 42, device: 'eth1', destinationPort: 443 }));
  const row = merge(crossed, entryOf(countUpdate({ changeCount: 50 })));
  assert.deepEqual(
    [row.changeCount, row.crossingCount, row.device, row.destinationPort],
    [50, 42, 'eth1', 443],
  );
});

test('a new episode takes no packet over from the one before', () => {
  const row = merge(
    entryOf(portScanEvent({ device: 'eth1' })),
    entryOf(countUpdate({ episode: episode + 1 })),
  );
  assert.deepEqual([row.device, row.crossingCount], [null, null]);
});

test('any order of delivery and any repetition give the same row', () => {
  const events = [
    portScanEvent({ sequence: 1, changeCount: 21, destinationPort: 80 }),
    countUpdate({ changeCount: 30 }),
    portScanEvent({ sequence: 2, changeCount: 42, destinationPort: 443 }),
    countUpdate({ changeCount: 50 }),
    countUpdate({ changeCount: 21, episode: episode + 5 }),
    portScanEvent({ sequence: 3, changeCount: 22, episode: episode + 5, epoch: '0000000000000001' }),
  ];
  const expected = fold(events);
  for (const order of permutations(events)) {
    assert.deepEqual(fold([...order, ...order.slice(0, 3)]), expected);
  }
});

function fold(events: readonly PortScanEvent[]): ReportEntry | undefined {
  return events.map(entryOf).reduce<ReportEntry | undefined>(merge, undefined);
}

function* permutations<T>(items: readonly T[]): Generator<T[]> {
  if (items.length === 0) yield [];
  for (const [index, item] of items.entries()) {
    for (const rest of permutations(items.toSpliced(index, 1))) yield [item, ...rest];
  }
}
