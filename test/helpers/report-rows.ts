import type { PortScanEvent, ReportEntry } from '../../src/common/event.ts';
import { portScanEvent } from './records.ts';
import type { Service } from './service.ts';

/** The rows that a consumer shows; none while it does not answer. */
export async function entries(consumer: Service): Promise<ReportEntry[]> {
  const answer: { entries: ReportEntry[] } = JSON.parse(
    (await consumer.get('/api/report')) || '{"entries":[]}',
  );
  return answer.entries;
}

/** Change counts by source. */
export async function counts(consumer: Service): Promise<Record<string, number>> {
  return Object.fromEntries(
    (await entries(consumer)).map(({ source, changeCount }) => [source, changeCount]),
  );
}

/** Waits until a consumer shows just these counts. */
export async function shows(
  consumer: Service,
  expected: Record<string, number>,
  deadline = 10_000,
): Promise<void> {
  const wanted = JSON.stringify(sorted(expected));
  await consumer.until(
    `the report is ${wanted}`,
    async () => JSON.stringify(sorted(await counts(consumer))) === wanted,
    deadline,
  );
}

function sorted(record: Record<string, number>): [string, number][] {
  return Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** One event each of many sources, over all partitions. */
export function manySources(count: number, changed: Partial<PortScanEvent> = {}): PortScanEvent[] {
  return Array.from({ length: count }, (_, index) =>
    portScanEvent({ source: `198.51.${index >> 8}.${index & 255}`, changeCount: 21 + index, ...changed }),
  );
}

/** The counts that a report of just these events has. */
export function expectedOf(events: readonly PortScanEvent[]): Record<string, number> {
  return Object.fromEntries(events.map(({ source, changeCount }) => [source, changeCount]));
}
