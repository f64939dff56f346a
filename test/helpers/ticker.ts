import type { Cleanup } from './cleanup.ts';
import { startProgram } from './program.ts';

/** Runs ticker_ctl to its end: its exit code, and all that it has printed. */
export async function ticker(
  t: Cleanup,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const program = startProgram(t, 'src/ctl/main.js', args, env);
  const code = await program.exit();
  return { code, stdout: program.stdout, stderr: program.stderr };
}
