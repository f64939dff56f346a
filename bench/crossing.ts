import type { Result } from './result.ts';
import { rowsOf } from './rows.ts';
import { difference, spread } from './spread.ts';

interface Row {
  row: string;
  /** ns, the mean of a round's events: of the packet before, and of the one that makes an event. */
  quiet: number[];
  telling: number[];
}

const rounds = 15;
const events = 1000;

/** What an event costs the packet that makes it, beside the usual ways of telling. */
export async function crossing(): Promise<Result> {
  const rows = rowsOf<Row>('crossing', rounds, events);
  return {
    title: 'What a crossing costs',
    about: `Nanoseconds that a packet takes longer because it makes an event: minimum / median / maximum of ${rounds} rounds in turns, the mean
of ${events.toLocaleString('en')} events each, 10,000 a second, each of a source of its own. The packets run on one CPU, by BPF_PROG_TEST_RUN one by one,
the reader on another. A crossing is held against a change that does not cross, the usual ways (bench/baselines/tell.bpf.c) against a program
that tells nothing. The kernel wakes the reader only for an event that finds the ring empty, and the producer empties it
when the broker has acknowledged a batch: so the longer that takes, the less the events cost. Left out: what the reader does.`,
    table: [
      ['events', 'without', 'the event'],
      ...rows.map(({ row, quiet, telling }) => [
        row,
        `${spread(quiet).median} ns`,
        difference(telling, quiet),
      ]),
    ],
    raw: rows,
  };
}
