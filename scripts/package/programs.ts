import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** Writes src/ with JavaScript for TypeScript to `into`, so that what is found relative to a file is found there, too. */
export function writePrograms(into: string): void {
  const compiled = `${into}.compiled`;
  const tsc = ['--project', 'scripts/package', '--outDir', compiled];
  const toPeople = process.stderr.fd;
  execFileSync('node_modules/.bin/tsc', tsc, { cwd: root, stdio: ['ignore', toPeople, toPeople] });
  cpSync(join(root, 'src'), into, {
    recursive: true,
    filter: (path) => !/(\.ts|\/tsconfig\.json)$/.test(path),
  });
  cpSync(join(compiled, 'src'), into, { recursive: true });
  rmSync(compiled, { recursive: true });
}
