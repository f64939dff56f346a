import { printable } from './output.ts';

const home = '\u001b[H';
const clearToLineEnd = '\u001b[K';
const clearBelow = '\u001b[J';

/** Puts a text in place of what the terminal shows, as far as it has room. */
export function draw(text: string): void {
  const { rows = 24, columns = 80 } = process.stdout;
  const all = printable(text).split('\n');
  const room = rows - 2;
  const shown = all.length <= room ? all : [...all.slice(0, room), `… ${all.length - room} more lines`];
  const lines = shown.map((line) => `${line.slice(0, columns)}${clearToLineEnd}\n`);
  process.stdout.write(`${home}${lines.join('')}${clearBelow}`);
}
