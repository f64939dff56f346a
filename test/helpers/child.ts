import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export const addonPath = fileURLToPath(new URL('../../build/port_ticker.node', import.meta.url));
const childPath = fileURLToPath(new URL('./addon-child.ts', import.meta.url));

export interface ChildOptions {
  pinDirectory: string;
  /** See addon-child.ts. */
  scenario: string;
  addon?: string;
  /** A command that runs the rest of the command line: setpriv, prlimit … */
  wrapper?: string[];
  env?: NodeJS.ProcessEnv;
}

export function startChild({
  pinDirectory,
  scenario,
  addon = addonPath,
  wrapper = [],
  env,
}: ChildOptions): ChildProcess {
  const node = [process.execPath, '--expose-gc', childPath, addon, pinDirectory, scenario];
  const [command = '', ...args] = [...wrapper, ...node];
  return spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
}

/** Runs a scenario to its end. `output` is all that it printed, on stdout and stderr. */
export async function runChild(options: ChildOptions): Promise<{ code: number | null; output: string }> {
  const child = startChild(options);
  if (child.stdout === null || child.stderr === null) throw new Error('no pipes');
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { code, output: output + errors };
}
