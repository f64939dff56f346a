import { readFileSync } from 'node:fs';
import { TickerError } from './errors.ts';

/** The text of a file that a setting names, without the line end. Throws SETTINGS, also when there is none. */
export function readSecret(file: string, setting: string): string {
  const wrong = (what: string, cause?: unknown) =>
    new TickerError(what, { code: 'SETTINGS', remedy: `check ${setting}`, cause });
  let text: string;
  try {
    text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw wrong(`cannot read ${file}`, cause);
  }
  if (text === '') throw wrong(`${file} is empty`);
  return text;
}
