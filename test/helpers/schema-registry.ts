import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TickerError } from '../../src/common/errors.ts';
import type { Cleanup } from './cleanup.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const home = join(import.meta.dirname, '../../.cache/registry');
/** A start takes six seconds, and half a minute on a busy machine. */
const deadline = 90_000;

/**
 * Starts a real registry with Confluent's API (Apicurio), its schemas in memory, and returns the base of the API. It ends
 * with the test, also when that is killed.
 */
export async function startSchemaRegistry(t: Cleanup): Promise<string> {
  const jar = existsSync(home) ? readdirSync(home).find((file) => file.endsWith('-runner.jar')) : undefined;
  if (jar === undefined) {
    const remedy = 'run `make companions`';
    throw new TickerError(`No schema registry in ${home}`, { code: 'TEST_REGISTRY', remedy });
  }
  const port = await freePort();
  const directory = temporaryDirectory('port-ticker-registry-');
  const log = join(directory.path, 'log');
  const options = [
    ...['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
    ...[`-Dquarkus.http.port=${port}`, '-Dquarkus.http.host=127.0.0.1'],
    ...['initial-size', 'min-size'].map((size) => `-Dquarkus.datasource.jdbc.${size}=1`),
  ];
  const output = openSync(log, 'a');
  const java = ['--pdeathsig', 'KILL', 'java', ...options, '-jar', join(home, jar)];
  const registry = spawn('setpriv', java, { stdio: ['ignore', output, output], detached: true });
  closeSync(output);
  const ended = once(registry, 'exit');
  t.after(async () => {
    registry.kill('SIGKILL');
    await ended;
    await directory.remove();
  });

  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  const isUp = () => {
    if (registry.exitCode === null) return answers(`${url}/subjects`);
    throw new Error(`the schema registry has ended:\n${readFileSync(log, 'utf8').slice(-2000)}`);
  };
  await eventually('the schema registry answers', isUp, deadline);
  return url;
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    return response.ok;
  } catch {
    return false;
  }
}
