import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFloor, type PortScanEvent, type ReportEntry } from '../../src/common/event.ts';
import { entryOf, merge } from '../../src/consumer/merge.ts';
import { countUpdate, nothingSeen, portScanEvent, resetEvent } from '../helpers/records.ts';

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

test('a sweep that keeps to one port, or has none, is a row, a reset is none', () => {
  const sweep = portScanEvent({
    reason: 'SWEEP',
    changeCount: 0,
    distinctPorts: 1,
    ports: [22],
    targets: 21,
  });
  const reset = resetEvent();
  const portless = portScanEvent({
    ...nothingSeen,
    reason: 'SWEEP',
    ports: [],
    targets: 21,
    kinds: ['IP_PROTOCOL'],
  });
  assert.deepEqual([sweep, portless, reset].map(entryOf).map(isFloor), [false, false, true]);
  assert.deepEqual(fold([sweep, reset]), fold([reset, sweep]));
  assert.equal(fold([sweep, reset])?.targets, 21, 'the reset has the same time, and the sweep came after it');
});

test('evidence that has grown at an equal count is the newer one', () => {
  const row = entryOf(portScanEvent({ targets: 3, kinds: ['SYN'] }));
  for (const grown of [
    { targets: 21 },
    { distinctPorts: 23 },
    { kinds: ['SYN', 'UDP'] },
    { closedPorts: 23 },
  ]) {
    const more = entryOf(portScanEvent({ targets: 3, kinds: ['SYN'], ...grown }));
    assert.equal(merge(row, more), more);
    assert.equal(merge(more, row), more);
  }
});

test('a verdict stays for the episode when the score falls, and is not carried into the next', () => {
  const verdict = entryOf(portScanEvent({ changeCount: 4 }));
  const fallen = entryOf(countUpdate({ changeCount: 30, score: 1, verdict: false }));
  assert.deepEqual([merge(verdict, fallen).verdict, merge(verdict, fallen).score], [true, 1]);
  assert.deepEqual(merge(fallen, verdict), merge(verdict, fallen));
  const next = entryOf(countUpdate({ episode: episode + 1, score: 0, verdict: false }));
  assert.equal(merge(verdict, next).verdict, false);
});

const seed = Number(process.env['PORT_TICKER_TEST_SEED'] ?? Date.now() % 2 ** 31);

test('of any statements about a source the row is the same in any order and with any repetition', (t) => {
  t.diagnostic(`seed ${seed}`);
  const random = randomOf(seed);
  for (let round = 0; round < 300; round += 1) {
    const events = Array.from({ length: 5 }, () => statement(random));
    const expected = fold(events);
    for (let time = 0; time < 10; time += 1) {
      const order = [...events, ...events.slice(random(5))].toSorted(() => random(3) - 1);
      assert.deepEqual(fold([...order, ...events].toSorted(() => random(3) - 1)), expected);
      assert.deepEqual(merge(fold(order.slice(0, 3)), required(fold([...events, ...order]))), expected);
    }
  }
});

/** Statements that often agree in what they are compared by first. */
function statement(random: (below: number) => number): PortScanEvent {
  const make = random(2) === 0 ? portScanEvent : countUpdate;
  const pick = <T>(...values: T[]): T => values[random(values.length)] as T;
  return make({
    episode: episode + random(2),
    epoch: pick('0000000000000001', '0000000000000002'),
    changeCount: random(3),
    distinctPorts: random(3),
    targets: random(2) * 21,
    kinds: pick(['SYN'], ['UDP'], ['SYN', 'UDP']),
    tool: pick(null, 'NMAP', 'ZMAP'),
    score: pick(4, 1),
    verdict: pick(true, false),
    closedPorts: random(2),
    openPorts: random(2),
    lastChange: episode + random(2),
    ...(make === portScanEvent ? { destinationPort: random(3), device: pick('eth0', 'eth1') } : {}),
  });
}

/** A linear congruential generator (Numerical Recipes): whole numbers below its argument. */
function randomOf(start: number): (below: number) => number {
  let state = start >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function required<T>(value: T | undefined): T {
  assert.ok(value !== undefined);
  return value;
}

function fold(events: readonly PortScanEvent[]): ReportEntry | undefined {
  return events.map(entryOf).reduce<ReportEntry | undefined>(merge, undefined);
}

function* permutations<T>(items: readonly T[]): Generator<T[]> {
  if (items.length === 0) yield [];
  for (const [index, item] of items.entries()) {
    for (const rest of permutations(items.toSpliced(index, 1))) yield [item, ...rest];
  }
}
