import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readLock } from '../sbom/packages.ts';
import { writeDocuments } from './documents.ts';
import { readManifest, shippedLock, shippedManifest } from './manifest.ts';
import { writePrograms } from './programs.ts';

/*
 * Makes build/package/port-ticker-VERSION.tgz, which `npm install -g` takes as it is: JavaScript, schemas, documentation
 * and an addon for each architecture given (x64, arm64; else that of this machine). Prints the file's path.
 */
const root = join(import.meta.dirname, '../..');
const build = join(root, 'build/package');
const tree = join(build, 'tree');
const given = process.argv.slice(2);
const architectures = given.length > 0 ? given : [process.arch];

for (const architecture of architectures) run('scripts/package/addon.sh', [architecture]);
rmSync(tree, { recursive: true, force: true });
mkdirSync(tree, { recursive: true });
writePrograms(join(tree, 'dist'));
addons();
writeDocuments(tree);
const manifest = readManifest();
write('package.json', { ...shippedManifest(manifest), man: manualPages() });
write('npm-shrinkwrap.json', shippedLock(readLock(), manifest));
run('npm', ['pack', tree, '--silent', '--pack-destination', build]);
process.stdout.write(`${join(build, `port-ticker-${manifest.version}.tgz`)}\n`);

function addons(): void {
  for (const architecture of architectures) {
    const file = 'port_ticker.node';
    copy(`build/package/linux-${architecture}/${file}`, `prebuilds/linux-${architecture}/${file}`);
  }
  copy('.cache/package/libbpf/LICENSE.BSD-2-Clause', 'LICENSES/libbpf.BSD-2-Clause.txt');
}

/** As npm links them for `man`. */
function manualPages(): string[] {
  run(process.execPath, ['scripts/man/main.ts']);
  const pages = globSync('build/man/*.1', { cwd: root }).map((page) => `man/${basename(page)}`);
  for (const page of pages) copy(`build/${page}`, page);
  return pages;
}

function copy(from: string, to: string): void {
  cpSync(join(root, from), join(tree, to), { recursive: true });
}

function write(name: string, content: unknown): void {
  writeFileSync(join(tree, name), `${JSON.stringify(content, null, 2)}\n`);
}

/** What a command prints belongs to people; the path at the end is the only output. */
function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { cwd: root, stdio: ['ignore', process.stderr.fd, process.stderr.fd] });
}
