import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { isFull } from '../helpers/full.ts';
import type { Problem } from './oracle/problem.ts';
import {
  ackBeforeSend,
  answerBeforeReset,
  offsetBeforeReport,
  type Planted,
  settleBeforeSend,
} from './planted.ts';
import { simulate } from './simulate.ts';

/** A thousand take about two minutes of one core. */
const seeds = isFull ? 20_000 : 2_000;
/** Within so many seeds a bug is to be found. */
const enough = 200;

describe('The simulation', () => {
  it('sees nothing lost, nothing twice and nothing hang, whatever fails and whenever', async (t) => {
    const cores = availableParallelism();
    const each = Math.ceil(seeds / cores);
    await Promise.all(Array.from({ length: cores }, (_, core) => simulateApart(1 + core * each, each)));
    t.diagnostic(`${cores * each} seeds`);
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

/** `count` simulations from seed `from` on, in a process of their own. */
async function simulateApart(from: number, count: number): Promise<void> {
  const main = join(import.meta.dirname, 'main.ts');
  const env = { ...process.env, FROM: String(from), SEEDS: String(count) };
  await promisify(execFile)(process.execPath, [main], { env }).catch(({ stdout, stderr }) =>
    assert.fail(`${stdout}${stderr}(make simulate SEED=… shows all that happens in one)`),
  );
}
