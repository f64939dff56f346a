import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { isFull } from '../helpers/full.ts';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';

const seconds = isFull ? 600 : 10;
const root = join(import.meta.dirname, '../..');
const fuzzer = join(root, 'build/fuzz/parse');
const corpus = join(root, 'fuzz/corpus');

test(`${seconds} s of libFuzzer under sanitizers find nothing wrong with the parser`, async (t) => {
  const directory = temporaryDirectory('port-ticker-fuzz-');
  t.after(() => directory.remove());
  const seed = Number(process.env['PORT_TICKER_TEST_SEED'] ?? Date.now() % 2 ** 31);
  t.diagnostic(`seed ${seed} (PORT_TICKER_TEST_SEED)`);
  await fuzz(t, directory.path, [
    `-seed=${seed}`,
    `-max_total_time=${seconds}`,
    '-max_len=9000',
    '-print_final_stats=1',
    `-artifact_prefix=${directory.path}/crash-`,
    directory.path, // new inputs go to the first directory
    corpus,
  ]);
});

async function fuzz(t: TestContext, directory: string, options: string[]): Promise<void> {
  try {
    const { stderr } = await promisify(execFile)(fuzzer, options, { maxBuffer: 2 ** 26 });
    const inputs = /number_of_executed_units: (\d+)/.exec(stderr)?.[1] ?? '0';
    const coverage = stderr.match(/cov: \d+ ft: \d+/g)?.at(-1) ?? '';
    t.diagnostic(`${inputs} inputs, ${coverage}`);
    assert.ok(Number(inputs) > 0);
  } catch (error) {
    const crashes = readdirSync(directory).filter((name) => name.startsWith('crash-'));
    const frames = crashes.map((name) => readFileSync(join(directory, name)).toString('hex'));
    const { stderr = '' } = error as { stderr?: string };
    throw new Error(`${stderr.slice(-4000)}\nframes: ${frames.join(' ')}`, { cause: error });
  }
}
