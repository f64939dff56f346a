import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pages } from './pages.ts';
import { roff } from './roff.ts';

/* Writes build/man/PROGRAM.1 for each program, made of the same tables as its --help. */
const folder = join(import.meta.dirname, '../../build/man');
mkdirSync(folder, { recursive: true });
for (const page of pages()) {
  const file = join(folder, `${page.name}.1`);
  writeFileSync(file, roff(page));
  process.stdout.write(`${file}\n`);
}
