import { readFileSync } from 'node:fs';
import { TickerError } from './errors.ts';

/** The text of a file that a setting names, without the line end. Throws SETTINGS. */
export function readSecret(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new TickerError(`cannot read ${file}`, { code: 'SETTINGS', remedy: `check ${setting}`, cause });
  }
}
