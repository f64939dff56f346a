import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Problem } from './oracle/problem.ts';
import {
  ackBeforeSend,
  answerBeforeReset,
  offsetBeforeReport,
  type Planted,
  settleBeforeSend,
} from './planted.ts';
import { simulate } from './simulate.ts';

const isFull = process.env['PORT_TICKER_TEST_FULL'] === '1';
/** A thousand take a minute of one core. */
const seeds = isFull ? 20_000 : 2_000;
/** Within so many seeds a bug is to be found. */
const enough = 200;

describe('The simulation', () => {
  it('sees nothing lost, nothing twice and nothing hang, whatever fails and whenever', async (t) => {
    for (let seed = 1; seed <= seeds; seed++) {
      const problems = await simulate({ seed });
      if (problems.length > 0) fail(seed, problems);
    }
    t.diagnostic(`${seeds} seeds`);
  });

  it('repeats itself exactly', async () => {
    const traces = [[], []] as string[][];
    for (const trace of traces) await simulate({ seed: 10, trace: (line) => trace.push(line) });
    assert.ok((traces[0]?.length ?? 0) > 40);
    assert.deepEqual(traces[1], traces[0]);
  });

  it('finds an event that is acknowledged before it is sent', (t) => finds(t, ackBeforeSend, 'event'));

  it('finds an offset that is committed before the report is written', (t) =>
    finds(t, offsetBeforeReport, 'offset'));

  it('finds a count that is marked as published before it is', (t) => finds(t, settleBeforeSend, 'report'));

  it('finds a command that is answered before it is done', (t) => finds(t, answerBeforeReset, 'answer'));
});

async function finds(t: TestContext, planted: Planted, kind: Problem['kind']): Promise<void> {
  for (let seed = 1; seed <= enough; seed++) {
    const found = (await simulate({ seed, planted })).find((problem) => problem.kind === kind);
    if (found === undefined) continue;
    t.diagnostic(`seed ${seed}: ${found.what}`);
    return;
  }
  assert.fail(`not found within ${enough} seeds`);
}

function fail(seed: number, problems: readonly Problem[]): never {
  const lines = problems.map(({ kind, what }) => `  ${kind}: ${what}`);
  assert.fail([`seed ${seed} (make simulate SEED=${seed} shows all that happens):`, ...lines].join('\n'));
}
