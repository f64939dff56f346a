import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TickerError } from '../../src/common/errors.ts';
import type { Cleanup } from './cleanup.ts';
import { eventually } from './eventually.ts';
import { isFull } from './full.ts';
import { type TemporaryDirectory, temporaryDirectory } from './temporary-directory.ts';

const cache = join(import.meta.dirname, '../../.cache');
const python = join(cache, 'python/bin/python');
const deadline = 90_000;

/** Why ClickHouse is left out: it takes half a gigabyte. */
export const withoutClickhouse = isFull ? false : 'make test-full brings ClickHouse';

/** A directory with what a page wants to have installed, as commands in `bin/`. Goes with the test. */
export function readerDirectory(t: Cleanup): TemporaryDirectory {
  const directory = temporaryDirectory('port-ticker-siem-');
  t.after(() => directory.remove());
  const bin = join(directory.path, 'bin');
  mkdirSync(bin);
  const java = (name: string, jars: string, main: string) =>
    writeFileSync(
      join(bin, name),
      `#!/bin/sh\nexec java -Xmx256m -XX:TieredStopAtLevel=1 -cp '${join(cache, jars)}/lib/*' ${main} "$@"\n`,
      { mode: 0o755 },
    );
  java('kafka-console-consumer.sh', 'connect', 'org.apache.kafka.tools.consumer.ConsoleConsumer');
  java('connect-standalone.sh', 'connect', 'org.apache.kafka.connect.cli.ConnectStandalone');
  return directory;
}

/** Runs a block of shell to its end and returns what it has printed. */
export async function shell(script: string, { path }: TemporaryDirectory): Promise<string> {
  const PATH = `${join(path, 'bin')}:${join(cache, 'python/bin')}:${process.env['PATH']}`;
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: path,
    env: { PATH },
    timeout: deadline,
    maxBuffer: 1 << 26,
  });
  return stdout;
}

/** Runs a command that goes on for ever until the condition holds. Fails with what it has printed. */
export async function until(
  t: Cleanup,
  command: readonly string[],
  { path: cwd }: TemporaryDirectory,
  what: string,
  condition: (stdout: string) => boolean,
): Promise<void> {
  const PATH = `${join(cwd, 'bin')}:${process.env['PATH']}`;
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...command], { cwd, env: { PATH } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const ended = once(child, 'close');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const holds = () => {
    if (condition(stdout)) return true;
    if (child.exitCode === null) return false;
    throw new Error(`it ended with ${child.exitCode}`);
  };
  try {
    await eventually(what, holds, deadline);
  } catch (cause) {
    const printed = `${stdout}${stderr}`.slice(-3000);
    throw new TickerError(`${command[0]}: ${printed}`, { code: 'TEST_SIEM', remedy: '', cause });
  }
}

/** Runs the Python of a page, with the packages of scripts/setup/python, until what it has printed will do. */
export async function untilPython(
  t: Cleanup,
  script: string,
  directory: TemporaryDirectory,
  condition: (stdout: string) => boolean,
): Promise<void> {
  writeFileSync(join(directory.path, 'page.py'), script);
  await until(t, [python, 'page.py'], directory, 'it has printed what it should', condition);
}

/**
 * What a query finds in ClickHouse after the statements. Its Kafka engine does not run in chDB: `records`, an INSERT into
 * the queue, stands for what it would read.
 */
export async function clickhouse(
  statements: string,
  records: string,
  query: string,
  { path: cwd }: TemporaryDirectory,
): Promise<Record<string, unknown>[]> {
  const queue = statements.replaceAll(/ENGINE = Kafka\nSETTINGS[^;]*/g, 'ENGINE = Null');
  writeFileSync(join(cwd, 'page.sql'), `${queue}\n${records};\n`);
  const script = join(import.meta.dirname, 'clickhouse.py');
  const { stdout } = await promisify(execFile)(python, [script, 'page.sql', query], {
    cwd,
    timeout: deadline,
  });
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
}
