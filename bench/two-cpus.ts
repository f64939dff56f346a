import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Result } from './result.ts';
import { spread } from './spread.ts';

interface Outcome {
  changes: number;
  expected: number;
  races: number;
  /** ns a packet, by CPU. */
  nanoseconds: number[];
}

const rounds = 5;

/** How right the count stays when two CPUs meet on one source. */
export async function twoCpus(): Promise<Result> {
  const binary = join(import.meta.dirname, '../build/bench/two_cpus');
  const outcomes = Array.from(
    { length: rounds },
    (): Outcome => JSON.parse(execFileSync(binary, { encoding: 'utf8' })),
  );
  const off = spread(outcomes.map(({ changes, expected }) => Math.abs(expected - changes)));
  const cost = spread(outcomes.flatMap(({ nanoseconds }) => nanoseconds));
  return {
    title: 'Two CPUs on one source',
    about: `Two threads on two CPUs, 10 million packets each, all of one source and each a change, ${rounds} rounds: how many changes the
count is off, and ns a packet on each CPU, minimum / median / maximum. Left out: more than two CPUs, real queues.`,
    table: [
      ['packets', 'off by', 'cost'],
      [
        '20 000 000',
        `${off.min} / **${off.median}** / ${off.max}`,
        `${cost.min} / **${cost.median}** / ${cost.max} ns`,
      ],
    ],
    raw: outcomes,
  };
}
