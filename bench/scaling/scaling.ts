import assert from 'node:assert/strict';
import { lastFirst } from '../../test/helpers/cleanup.ts';
import { writeTable } from '../../test/helpers/generated-table.ts';
import { startKafka } from '../../test/helpers/kafka.ts';
import type { Result } from '../result.ts';
import { type Drill, drill } from './drill.ts';
import { measureSlopes } from './slopes.ts';
import { drillTable, type Scaling, scalingTables, slopeTable } from './tables.ts';

const page = new URL('../../docs/scaling.md', import.meta.url);
const sensors = 10_000;
/** What a record takes is seen only before it is compacted away. */
const compactionLater = 'log.cleaner.backoff.ms=3600000';

/** What each event and each sensor takes, and a fleet that loses a consumer. Writes the tables of docs/scaling.md, too. */
export async function scaling(): Promise<Result> {
  const measured = await measure();
  assertRight(measured.drill);
  for (const [name, table] of Object.entries(scalingTables(measured))) writeTable(page, name, table);
  const [, ...seen] = drillTable(measured.drill);
  return {
    title: 'What grows with a fleet',
    about: `Processor time and bytes of one more event, row, alert, status or sensor: minimum / **median** / maximum of five rounds in
turns, over what the same time takes without them; bytes are medians. One broker with default settings, but that compaction waits, and three consumers, each a process of its own, on this
machine: one writes the rows, one audits and alerts, one only follows. A broker's figures include what consumers fetch of it. Then ${sensors} sensors' events, each
batch a request of its own over eight connections, and three consumers, of which the one that alerts is killed half-way. Left
out: networks, copies on other brokers, sensors' own processors (above), a schema registry. [docs/scaling.md](docs/scaling.md) has what
follows from it.`,
    table: [...slopeTable(measured.slopes), ...seen.map(([what = '', value = '']) => [what, value, '', ''])],
    raw: measured,
  };
}

async function measure(): Promise<Scaling> {
  const hooks: (() => unknown)[] = [];
  const cleanup = lastFirst({ after: (hook) => hooks.push(hook) });
  try {
    const kafka = await startKafka({ properties: [compactionLater] });
    cleanup.after(() => kafka.close());
    const slopes = await measureSlopes(cleanup, kafka);
    return { slopes, drill: await drill(cleanup, kafka, sensors) };
  } finally {
    for (const hook of hooks) await hook();
  }
}

/** Times depend on the machine, this does not. */
function assertRight({ wrong, missing, silent, repeated, falseAlarms }: Drill): void {
  assert.deepEqual(
    { wrong, missing, silent, repeated, falseAlarms },
    { wrong: 0, missing: 0, silent: 0, repeated: 0, falseAlarms: 0 },
  );
}
