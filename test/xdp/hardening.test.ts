import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { addonPath } from '../helpers/child.ts';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

async function readelf(...args: string[]): Promise<string> {
  return (await run('readelf', ['--wide', ...args, addonPath], { maxBuffer: 1e8 })).stdout;
}

test('what the loader has written in the addon is read-only from then on, and its stack is not executable', async () => {
  assert.match(await readelf('--dynamic'), /\(FLAGS\) +BIND_NOW/);
  const segments = await readelf('--segments');
  assert.match(segments, /GNU_RELRO/);
  assert.match(segments, /GNU_STACK .* RW /);
  assert.doesNotMatch(segments, /\bRWE\b/);
});

test('the addon guards its stack and the bounds of its buffers', async () => {
  const symbols = await readelf('--symbols');
  assert.match(symbols, /__stack_chk_fail/);
  assert.match(symbols, /__\w+_chk@/);
});

test('indirect calls into the addon land where they should', { skip: process.arch !== 'x64' }, async () => {
  const { stdout } = await run('objdump', ['-d', '--no-show-raw-insn', addonPath], { maxBuffer: 1e9 });
  const functions = stdout.match(/^[0-9a-f]+ <_ZN6ticker[^>]*>:\n.*$/gm) ?? [];
  assert.ok(functions.length > 50, `${functions.length} functions`);
  const marked = functions.filter((text) => text.includes('endbr64'));
  assert.ok(marked.length > functions.length / 2, `${marked.length} of ${functions.length} are marked`);
});

test('the kernel program is the same bytes wherever it is built', async (t) => {
  const directory = temporaryDirectory('port-ticker-build-');
  t.after(() => directory.remove());
  const objects = await Promise.all(
    ['one', 'two/and/deeper'].map(async (name) => {
      const place = join(directory.path, name);
      mkdirSync(place, { recursive: true });
      cpSync(join(root, 'xdp'), join(place, 'xdp'), { recursive: true });
      await run('make', ['-C', join(place, 'xdp'), '../build/port_ticker.bpf.o']);
      return readFileSync(join(place, 'build/port_ticker.bpf.o'));
    }),
  );
  assert.ok(objects[0] !== undefined && objects[1] !== undefined && objects[0].length > 10_000);
  assert.ok(objects[0].equals(objects[1]), 'the bytes differ');
});
