import { setImmediate as nextTurn } from 'node:timers/promises';
import { entrySize } from '../../src/producer/record.ts';
import type { Result } from '../result.ts';
import { spread } from '../spread.ts';
import { type FilledSensor, filledSensor, withCleanup } from './filled-sensor.ts';

const rounds = 21;
/** As the producer's pipeline takes them. */
const step = 16_384;
const batch = 250;
/** Above all counts: the table is looked through, and nothing found in it. */
const quiet = 2 ** 31;

const tables = [
  { slots: 65_536, sources: 200_000 },
  { slots: 1_048_576, sources: 3_000_000 },
];

interface Row {
  slots: number;
  used: number;
  /** ms, one figure a round: all of a sweep, and the longest of its steps. */
  whole: number[];
  longest: number[];
}

/** What looking through the table takes. */
export async function sweep(): Promise<Result> {
  const rows: Row[] = [];
  for (const { slots, sources } of tables) {
    rows.push(
      await withCleanup(async (t) => {
        const filled = await filledSensor(t, slots);
        filled.pour(sources, 3);
        return measure(filled, slots);
      }),
    );
  }
  const cell = (figures: readonly number[]) => {
    const { min, median, max } = spread(figures);
    return `${min.toFixed(2)} / **${median.toFixed(2)}** / ${max.toFixed(2)} ms`;
  };
  return {
    title: 'A sweep of the table',
    about: `Milliseconds of one look through the whole table, in steps of ${step.toLocaleString('en')} slots between which the event loop goes on,
and the longest of these steps: minimum / **median** / maximum of ${rounds} sweeps. Left out: what is published of it.`,
    table: [
      ['slots', 'used', 'a sweep', 'its longest step'],
      ...rows.map(({ slots, used, whole, longest }) => [
        slots.toLocaleString('en'),
        used.toLocaleString('en'),
        cell(whole),
        cell(longest),
      ]),
    ],
    raw: rows,
  };
}

async function measure({ sensor }: FilledSensor, slots: number): Promise<Row> {
  const row: Row = { slots, used: sensor.sourceCount(), whole: [], longest: [] };
  const entries = new Uint8Array(batch * entrySize);
  for (let round = 0; round < rounds; round += 1) {
    const steps: number[] = [];
    for (let from = 0; from < slots; from += step) {
      const since = performance.now();
      sensor.collect(entries, from, step, quiet);
      steps.push(performance.now() - since);
      await nextTurn();
    }
    row.whole.push(steps.reduce((sum, each) => sum + each, 0));
    row.longest.push(Math.max(...steps));
  }
  return row;
}
