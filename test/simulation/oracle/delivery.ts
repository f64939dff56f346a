import type { PortScanEvent } from '../../../src/common/event.ts';
import { channels } from '../topics.ts';
import type { World } from '../world.ts';
import type { Problem } from './problem.ts';

/**
 * Every crossing that got a sequence number is in the topic, as often as may be but always the same; so what is missing
 * has none, and the drop counter has it.
 */
export async function checkDelivery({ broker, machines }: World): Promise<Problem[]> {
  const { topic, codec } = channels.events;
  const problems: Problem[] = [];
  const delivered = new Map<string, PortScanEvent>();
  for (const { records } of broker.partitions(topic)) {
    for (const { value } of records) {
      const event = await codec.decode(value ?? Buffer.alloc(0));
      if (event.sequence === null) continue;
      const id = `${event.sensor}/${event.epoch}/${event.sequence}`;
      const before = delivered.get(id);
      delivered.set(id, event);
      if (before !== undefined && !isSame(before, event)) {
        problems.push({ kind: 'event', what: `${id} is there with two meanings` });
      }
    }
  }
  for (const [sensor, { epoch, sequence, sequences, ring }] of machines) {
    if (ring.length > 0)
      problems.push({ kind: 'event', what: `${ring.length} are in the ring of ${sensor}` });
    for (const [id, last] of new Map([...sequences, [epoch.id, sequence]])) {
      for (let number = 1; number <= last; number++) {
        const name = `${sensor}/${id}/${number}`;
        if (!delivered.has(name)) problems.push({ kind: 'event', what: `${name} is not in the topic` });
      }
    }
  }
  return problems;
}

function isSame(a: PortScanEvent, b: PortScanEvent): boolean {
  return a.source === b.source && a.episode === b.episode && a.changeCount === b.changeCount;
}
