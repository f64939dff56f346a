import { execFile } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Cleanup } from './cleanup.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const project = join(import.meta.dirname, '../..');
const sources = ['src', 'xdp', 'schemas', 'package.json', 'build/addon'];
const products = ['bpf.o', 'bpf.d', 'skel.h', 'node'].map((suffix) => `build/port_ticker.${suffix}`);

export interface Edit {
  /** From the project's root. */
  file: string;
  from: string | RegExp;
  to: string;
  /** Sources to compile anew; the file itself without. All that include it would take a minute. */
  compile?: readonly string[];
}

/** Builds another version of the project in a directory of its own, whose path it returns. Gone with the test. */
export async function otherBuild(t: Cleanup, edits: readonly Edit[]): Promise<string> {
  const directory = temporaryDirectory('port-ticker-build-');
  t.after(() => directory.remove());
  const root = directory.path;
  for (const path of [...sources, ...products]) {
    cpSync(join(project, path), join(root, path), { recursive: true, preserveTimestamps: true });
  }
  symlinkSync(join(project, 'node_modules'), join(root, 'node_modules'));
  for (const edit of edits) apply(root, edit);
  await promisify(execFile)('make', ['-C', join(root, 'xdp'), 'all']);
  return root;
}

function apply(root: string, { file, from, to, compile = [file] }: Edit): void {
  const path = join(root, file);
  const before = readFileSync(path, 'utf8');
  const after = before.replace(from, to);
  if (after === before) throw new Error(`${file} has no ${from}`);
  writeFileSync(path, after);
  utimesSync(path, 0, 0);
  for (const source of compile) utimesSync(join(root, source), new Date(), new Date());
}
