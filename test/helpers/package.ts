import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Cleanup } from './cleanup.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const run = promisify(execFile);
const project = join(import.meta.dirname, '../..');

/** The three programs, as package.json names them. */
export const programs = ['port-ticker-producer', 'port-ticker-consumer', 'ticker_ctl'] as const;

/** Makes the package for this machine, as `make package` does, and returns the file's path. */
export async function makePackage(): Promise<string> {
  const { stdout } = await run(process.execPath, ['scripts/package/main.ts'], { cwd: project });
  return stdout.trim();
}

/** Makes the Debian package for this machine, as `make deb` does, and returns the file's path. */
export async function makeDebianPackage(): Promise<string> {
  const { stdout } = await run('scripts/package/debian.sh', [await makePackage()], { cwd: project });
  return stdout.trim();
}

/**
 * Installs a package as a user does for the whole machine, below a prefix and a home directory of its own that go with the
 * test. `npm`: the command that it is to be done with. Only what npm has fetched before is shared.
 */
export async function installPackage(
  t: Cleanup,
  file: string,
  npm: readonly string[] = ['npm'],
): Promise<{ prefix: string; stderr: string }> {
  const directory = newDirectory(t);
  const prefix = join(directory, 'prefix');
  const home = join(directory, 'home');
  for (const path of [prefix, home]) mkdirSync(path);
  const { stdout: cache } = await run('npm', ['config', 'get', 'cache']);
  const [command = '', ...args] = [
    ...npm,
    'install',
    '--global',
    '--prefix',
    prefix,
    '--prefer-offline',
    file,
  ];
  const { stderr } = await run(command, args, {
    cwd: directory,
    env: {
      ...process.env,
      HOME: home,
      npm_config_cache: cache.trim(),
      npm_config_update_notifier: 'false',
      NODE_OPTIONS: '--no-deprecation', // an npm older than this Node has its own to tell, which is not the package's
    },
  });
  return { prefix, stderr };
}

/** Fetches a package without others, as `name@version`, and returns its directory, which goes with the test. */
export async function fetchPackage(t: Cleanup, specifier: string): Promise<string> {
  const directory = newDirectory(t);
  await run('npm', [
    'install',
    '--prefix',
    directory,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    specifier,
  ]);
  return join(directory, 'node_modules', specifier.replace(/@[^@]*$/, ''));
}

function newDirectory(t: Cleanup): string {
  const directory = temporaryDirectory('port-ticker-package-');
  t.after(() => directory.remove());
  return directory.path;
}
