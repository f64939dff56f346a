import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { unprivileged } from '../helpers/privileged.ts';

const program = new URL('../../build/bench/two_cpus', import.meta.url).pathname;
const packetsEach = 10_000_000;

interface Outcome {
  changes: number;
  expected: number;
  idleResets: number;
  /** Sources with two places in the table, of those whose first packets both CPUs had. */
  twins: number;
}

test('two CPUs that meet on one source count right: 20 million packets, at most 1 in 100 000 off; a new one gets one place', {
  skip: unprivileged || (availableParallelism() < 2 && 'this machine has one CPU'),
}, async (t) => {
  const { stdout } = await promisify(execFile)(program, [String(packetsEach)]);
  const outcome: Outcome = JSON.parse(stdout);
  t.diagnostic(stdout.trim());
  assert.equal(outcome.expected, 2 * packetsEach - 1);
  assert.equal(outcome.idleResets, 0, 'a clock that seems to run backwards has reset the source');
  assert.ok(Math.abs(outcome.changes - outcome.expected) / outcome.expected <= 1e-5, stdout);
  assert.equal(outcome.twins, 0);
});
