import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import type { Cleanup } from './cleanup.ts';
import { eventually } from './eventually.ts';

/** A script of the project as a process of its own. */
export interface Program {
  readonly pid: number;
  /** What it has printed so far. */
  readonly stdout: string;
  readonly stderr: string;
  readonly isRunning: boolean;
  /** Waits until its output, stdout before stderr, matches. */
  says(pattern: RegExp, deadline?: number): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
  /** Waits for its end and returns the exit code, null after a signal. */
  exit(): Promise<number | null>;
}

/** The environment without the settings of whoever runs the tests. */
const inherited = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('PORT_TICKER_')),
);

const project = join(import.meta.dirname, '../..');

/**
 * Starts a script, by its path from the project's root or an absolute one; it is killed with the test. `wrapper`: a command that runs
 * the rest of its command line in its own place (nsenter, setpriv …).
 */
export function startProgram(
  t: Cleanup,
  script: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  wrapper: readonly string[] = [],
): Program {
  const path = resolve(project, script);
  // setpriv: it ends with this process, also when that is killed.
  const command = [...wrapper, process.execPath, path, ...args];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...command], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const ended = once(child, 'close');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    pid: child.pid ?? 0,
    get stdout() {
      return output.stdout;
    },
    get stderr() {
      return output.stderr;
    },
    get isRunning() {
      return child.exitCode === null && child.signalCode === null;
    },
    async says(pattern, deadline = 30_000) {
      const printed = () => output.stdout + output.stderr;
      let match = pattern.exec(printed());
      const says = () => {
        match = pattern.exec(printed());
        return match !== null;
      };
      await eventually(`${script} says ${pattern}`, says, deadline).catch(() => {});
      if (match === null) throw new Error(`${script} did not say ${pattern}, but:\n${printed()}`);
      return match;
    },
    kill: (signal) => {
      child.kill(signal);
    },
    async exit() {
      await ended;
      return child.exitCode;
    },
  };
}
