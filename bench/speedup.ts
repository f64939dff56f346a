import type { Result } from './result.ts';
import { rowsOf } from './rows.ts';
import { ratio, spread } from './spread.ts';

interface Row {
  row: string;
  /** Packets in a microsecond, one figure a round, of one CPU and of two; they were run in turns. */
  one: number[];
  two: number[];
}

const rounds = 15;
const milliseconds = 100;

/** What a second CPU adds. */
export async function speedup(): Promise<Result> {
  const rows = rowsOf<Row>('speedup', rounds, milliseconds);
  return {
    title: 'Two CPUs beside one',
    about: `Packets a second of two CPUs as a multiple of one, minimum / median / maximum of ${rounds} rounds in turns, ${milliseconds} ms
each, each packet to a new port, by BPF_PROG_TEST_RUN; the sources have had their verdict. XDP_PASS shows what the machine allows.
Left out: more than two CPUs, real queues.`,
    table: [
      ['packets', 'one CPU', 'two CPUs'],
      ...rows.map(({ row, one, two }) => [row, `${spread(one).median.toFixed(1)} M/s`, ratio(two, one)]),
    ],
    raw: rows,
  };
}
