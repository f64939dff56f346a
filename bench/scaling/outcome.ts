import type { ReportEntry } from '../../src/common/event.ts';
import { readToEnd } from '../../src/common/kafka/reader.ts';
import type { Service } from '../../test/helpers/service.ts';
import { kafkaClient } from '../../test/helpers/topics.ts';

/** For an answer with all rows; ms. */
const patience = 60_000;

/** How many rows a consumer shows otherwise than they should be, lacks, or has too many. Counts by "sensor/source". */
export async function differences(consumer: Service, expected: ReadonlyMap<string, number>): Promise<number> {
  const answer = await fetch(`${consumer.url}/api/report`, { signal: AbortSignal.timeout(patience) });
  const { entries }: { entries: ReportEntry[] } = JSON.parse(await answer.text());
  const shown = new Map(
    entries.map(({ sensor, source, changeCount }) => [`${sensor}/${source}`, changeCount]),
  );
  const wrong = [...expected].filter(([key, count]) => shown.get(key) !== count).length;
  const foreign = [...shown.keys()].filter((key) => !expected.has(key)).length;
  return wrong + foreign;
}

/** What is in the topic of alerts. */
export interface Alerts {
  /** How often each row, "sensor/source", has an alert of its own. */
  rows: ReadonlyMap<string, number>;
  /** Alerts about sensors: that they are silent, and the like. */
  sensors: number;
}

export async function alertsOf(brokers: string, prefix: string): Promise<Alerts> {
  const rows = new Map<string, number>();
  let sensors = 0;
  await readToEnd(kafkaClient(brokers), `${prefix}.alerts`, (_, records) => {
    for (const { headers } of records) {
      const about = String(headers['about']);
      if (about === 'sensor') sensors += 1;
      if (about !== 'row') continue;
      const row = `${headers['sensor']}/${headers['source']}`;
      rows.set(row, (rows.get(row) ?? 0) + 1);
    }
  });
  return { rows, sensors };
}
