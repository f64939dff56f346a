import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { type Cleanup, lastFirst } from '../helpers/cleanup.ts';
import { eventually } from '../helpers/eventually.ts';
import { isFull } from '../helpers/full.ts';
import { deadLinks } from '../helpers/links.ts';
import {
  fetchPackage,
  installPackage,
  makeDebianPackage,
  makePackage,
  programs,
} from '../helpers/package.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { type Program, startProgram } from '../helpers/program.ts';
import { device, ScanStack, scanner4, target4 } from '../helpers/scan-stack.ts';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const { version }: { version: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** The package, and where it is installed by the npm at hand. */
const cleanup = lastFirst({ after: (hook) => after(hook as () => unknown) });
let file = '';
let installed = { prefix: '', stderr: '' };
before(async () => {
  file = await makePackage();
  installed = await installPackage(cleanup, file);
});

test('the addon of the package needs libelf, zlib and a C library as old as the one that Node needs', async () => {
  const addon = join(root, `build/package/linux-${process.arch}/port_ticker.node`);
  const { stdout } = await run('objdump', ['--private-headers', addon]);
  const libraries = [...stdout.matchAll(/NEEDED +(\S+)/g)].map(([, name = '']) => name);
  const own = libraries.filter((name) => !/^(lib(c|m|dl|pthread)\.so|ld-linux)/.test(name));
  assert.deepEqual(own.sort(), ['libelf.so.1', 'libz.so.1']);

  const versions = [...stdout.matchAll(/ GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
  assert.ok(versions.length > 0, stdout);
  assert.ok(Math.max(...versions) <= 28, `it needs glibc 2.${Math.max(...versions)}`);
});

test('npm installs the package and has nothing to warn of', async () => {
  assert.equal(installed.stderr, '');
  await tellsWhatItIs(installed.prefix, process.execPath);
});

test('its documentation has no link that leads nowhere', () => {
  const tree = join(installed.prefix, 'lib/node_modules/port-ticker');
  const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: tree });
  assert.ok(pages.length > 10, `${pages.length} pages`);
  assert.deepEqual(deadLinks(tree, pages), []);
});

privilegedTest('what is installed watches a device and reports the scan of it', async (t) => {
  await reportsScan(t, installed.prefix, process.execPath);
});

test('where no addon fits, the sensor says for what there is one, and what to do elsewhere', async (t) => {
  const directory = temporaryDirectory('port-ticker-elsewhere-');
  t.after(() => directory.remove());
  const prefix = join(directory.path, 'prefix');
  await run('cp', ['--archive', installed.prefix, prefix]);
  rmSync(join(prefix, 'lib/node_modules/port-ticker/prebuilds', `linux-${process.arch}`), {
    recursive: true,
  });
  const producer = startProgram(t, join(prefix, 'bin/port-ticker-producer'));
  assert.equal(await producer.exit(), 70);
  const said = /native addon .*there is no such file.* x64 and arm64 only.*from its source.*make build/s;
  assert.match(producer.stderr, said);
});

for (const npm of ['npm@11', 'npm@12']) {
  test(`${npm} has nothing to warn of, either`, {
    skip: isFull ? false : 'one of the full run',
  }, async (t) => {
    const command = [process.execPath, join(await fetchPackage(t, npm), 'bin/npm-cli.js')];
    const { prefix, stderr } = await installPackage(t, file, command);
    assert.equal(stderr, '');
    await tellsWhatItIs(prefix, process.execPath);
  });
}

if (isFull) {
  test('the documentation of the Debian package has no link that leads nowhere, either', async (t) => {
    const directory = temporaryDirectory('port-ticker-deb-');
    t.after(() => directory.remove());
    await run('dpkg-deb', ['--extract', await makeDebianPackage(), directory.path]);
    const documents = join(directory.path, 'usr/share/doc/port-ticker');
    const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: documents });
    assert.ok(pages.length > 10, `${pages.length} pages`);
    assert.deepEqual(deadLinks(documents, pages), []);
  });

  for (const major of [22, 26]) {
    privilegedTest(`what is installed runs on Node ${major}, too`, async (t) => {
      const node = join(await fetchPackage(t, `node-linux-${process.arch}@${major}`), 'bin/node');
      const { stdout } = await run(node, ['--version']);
      t.diagnostic(stdout);
      assert.match(stdout, new RegExp(`^v${major}\\.`));
      await tellsWhatItIs(installed.prefix, node);
      await reportsScan(t, installed.prefix, node);
    });
  }
}

/** Each program tells its version and how it is used. */
async function tellsWhatItIs(prefix: string, node: string): Promise<void> {
  for (const name of programs) {
    const path = join(prefix, 'bin', name);
    assert.equal((await run(node, [path, '--version'])).stdout, `${name} ${version}\n`);
    assert.match((await run(node, [path, '--help'])).stdout, new RegExp(`^Usage: ${name} `));
  }
}

async function reportsScan(t: Cleanup, prefix: string, node: string): Promise<void> {
  const cleanup = lastFirst(t);
  const stack = await ScanStack.create(cleanup);
  const settings = { ...stack.settings, PRODUCER_HTTP_PORT: '0', CONSUMER_HTTP_PORT: '0' };
  const env = Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [`PORT_TICKER_${name}`, value]),
  );
  const start = (name: (typeof programs)[number], ...args: string[]): Program =>
    startProgram(cleanup, join(prefix, 'bin', name), args, env, insteadOfThisNode(node));

  const consumer = start('port-ticker-consumer');
  const producer = start('port-ticker-producer');
  await producer.says(new RegExp(`attached to ${device}`), 30_000);
  await stack.nmap(target4, '-sS', '-p1-100');
  const row = new RegExp(`^${scanner4} +\\| +(99|\\d{3,})$`, 'm');
  let listed = '';
  const isReported = async (): Promise<boolean> => {
    const ctl = start('ticker_ctl', '--dev', device, '--list');
    await ctl.exit();
    listed = ctl.stdout + ctl.stderr;
    return row.test(listed);
  };
  await eventually('ticker_ctl reports the scan', isReported, 60_000).catch((cause) => {
    throw new Error(`${listed}\n${producer.stdout}\n${consumer.stdout}`, { cause });
  });
  const [page = ''] = await consumer.says(/http:\/\/[\d.]+:\d+/);
  for (const path of ['/', '/assets/page.js']) assert.equal((await fetch(page + path)).status, 200, path);
  for (const program of [producer, consumer]) {
    program.kill('SIGTERM');
    assert.equal(await program.exit(), 0);
  }
  assert.deepEqual(stack.pins(), []);
}

/** A wrapper for startProgram, whose command begins with the Node of the tests. */
function insteadOfThisNode(node: string): string[] {
  return ['sh', '-c', 'shift; exec "$0" "$@"', node];
}
