import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** The lines that a program of build/bench prints, each a JSON value, which the caller knows the shape of. */
export function rowsOf<Row>(program: string, ...words: readonly (number | string)[]): Row[] {
  const binary = join(import.meta.dirname, '../build/bench', program);
  const output = execFileSync(binary, words.map(String), { encoding: 'utf8' });
  return output
    .trim()
    .split('\n')
    .map((line): Row => JSON.parse(line));
}
