import { join } from 'node:path';
import type { Cleanup } from './cleanup.ts';
import { startProgram } from './program.ts';

export interface Found {
  verdict: string;
  found: string;
  remedy: string;
}

/**
 * What each check of `ticker_ctl doctor` has found, by its id, and its exit code. `root`: of another build of the project. The
 * rest as for startProgram.
 */
export async function runDoctor(
  t: Cleanup,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  wrapper: readonly string[] = [],
  root = '',
) {
  const program = startProgram(t, join(root, 'src/ctl/main.js'), ['doctor', '--json', ...args], env, wrapper);
  const code = await program.exit();
  const { version, checks }: { version: number; checks: (Found & { id: string })[] } = parse(program);
  return { code, version, found: new Map(checks.map(({ id, ...found }) => [id, found])) };
}

/** The checks that ask Kafka, for --skip. */
export const remote = 'kafka,topics,cleanup-policies,registry,clock,sensor,ring,sensor-id';

function parse({ stdout, stderr }: { stdout: string; stderr: string }) {
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(`doctor printed no JSON:\n${stdout}${stderr}`);
  }
}
