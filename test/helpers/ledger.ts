import assert from 'node:assert/strict';
import type { PortScanEvent } from '../../src/common/event.ts';

export interface Ledger {
  /** Different ones. */
  events: number;
  duplicates: number;
  /** By the sensors' own drop counters. */
  drops: number;
}

/**
 * Holds the kernel's sequence numbers against each other: within an epoch they are 1, 2, 3 … without a hole, and what
 * was evicted before it had one is in a drop counter that never goes back.
 */
export function audit(events: readonly PortScanEvent[]): Ledger {
  const epochs = Map.groupBy(
    events.filter(({ sequence }) => sequence !== null),
    ({ epoch }) => epoch,
  );
  assert.ok(epochs.size > 0, 'no event in the topic');
  const ledger = { events: 0, duplicates: 0, drops: 0 };
  for (const [epoch, records] of epochs) {
    const drops = new Map(records.map((event) => [event.sequence ?? 0, event.drops]));
    const last = Math.max(...drops.keys());
    const missing = Array.from({ length: last }, (_, index) => index + 1).filter((each) => !drops.has(each));
    assert.deepEqual(missing, [], `holes in epoch ${epoch}`);
    const inOrder = Array.from({ length: last }, (_, index) => drops.get(index + 1) ?? 0);
    assert.ok(
      inOrder.every((each, index) => each >= (inOrder[index - 1] ?? 0)),
      'a drop counter goes back',
    );
    ledger.events += drops.size;
    ledger.duplicates += records.length - drops.size;
    ledger.drops += inOrder.at(-1) ?? 0;
  }
  return ledger;
}
