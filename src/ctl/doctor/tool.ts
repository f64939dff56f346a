import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { TickerError } from '../../common/errors.ts';

const run = promisify(execFile);

/** Ordinary users do not have all of these in their own path. */
const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
/** A tool that hangs is given up; ms. */
const timeout = 5_000;
/** A host of containers has thousands of devices; bytes. */
const maxBuffer = 64 * 1024 * 1024;
/** A program that is not there, or not to be run: as Node says it, and the exit code of who was to run it. */
const missing: readonly unknown[] = ['ENOENT', 'EACCES', 126, 127];

const packages = { ip: 'iproute2', ethtool: 'ethtool' } as const;

/** What a tool of the system prints, run in a network namespace, by its path, or in this one. Throws TOOL, TOOL_MISSING. */
export async function tool(
  name: keyof typeof packages,
  args: readonly string[],
  netns: string | null,
): Promise<string> {
  const command = netns === null ? [name, ...args] : ['nsenter', `--net=${netns}`, name, ...args];
  const [program = name, ...rest] = command;
  try {
    return (await run(program, rest, { env, timeout, maxBuffer })).stdout;
  } catch (error) {
    const isMissing = missing.includes(fieldOf(error, 'code'));
    const reason = isMissing ? 'it cannot be run' : lastLine(fieldOf(error, 'stderr'));
    throw new TickerError(`${command.join(' ')}: ${reason}`, {
      code: isMissing ? 'TOOL_MISSING' : 'TOOL',
      remedy: isMissing ? `install ${packages[name]}` : '',
    });
  }
}

function fieldOf(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
}

function lastLine(output: unknown): string {
  return String(output).trim().split('\n').at(-1) || 'it failed without a word';
}
