import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SlotsById } from '../../src/consumer/alerts/slots-by-id.ts';
import { seededRandom } from '../helpers/random.ts';

test('any order of adding and removing gives what a Map of Sets gives', (t) => {
  const random = seededRandom(t);
  const below = (limit: number) => Math.floor(random() * limit);
  const slots = new SlotsById();
  const idOf = new Map<number, number>();
  const byId = new Map<number, Set<number>>();
  for (let step = 0; step < 20_000; step += 1) {
    const slot = below(500);
    const held = idOf.get(slot);
    const id = random() < 0.3 ? undefined : below(20) * 2 ** 31; // some are many, and some share the bucket of others
    const isMove = random() < 0.5;
    assert.equal(
      isMove ? slots.move(slot, id) : slots.remove(slot),
      isMove && held === id ? undefined : held,
    );
    if (isMove && held === id) continue;
    if (held !== undefined) byId.get(held)?.delete(slot);
    idOf.delete(slot);
    if (id === undefined) continue;
    if (!isMove) slots.add(slot, id);
    idOf.set(slot, id);
    byId.set(id, (byId.get(id) ?? new Set()).add(slot));
  }
  for (const [id, members] of byId) {
    assert.deepEqual([...slots.of(id)], [...members], 'in the order of coming');
    assert.equal(slots.isEmpty(id), members.size === 0);
  }
});
