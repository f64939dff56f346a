import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { writePrograms } from '../../scripts/package/programs.ts';
import type { Cleanup } from './cleanup.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const project = join(import.meta.dirname, '../..');

/**
 * The programs as JavaScript, as the package has them, in a directory that goes with the test; returns the directory, which
 * is a `root` for Service. Node runs TypeScript by a compiler of its own, which takes 35 MB: who measures memory, or how
 * long a start takes, measures these.
 */
export function builtPrograms(t: Cleanup): string {
  const directory = temporaryDirectory('port-ticker-built-');
  t.after(() => directory.remove());
  const root = directory.path;
  writePrograms(join(root, 'src'));
  for (const name of ['node_modules', 'schemas', 'package.json'])
    symlinkSync(join(project, name), join(root, name));
  mkdirSync(join(root, 'build'));
  symlinkSync(join(project, 'build/port_ticker.node'), join(root, 'build/port_ticker.node'));
  return root;
}
