import { largest } from '../common/extremes.ts';

/** Everything that comes from Kafka is somebody's text: nothing in it may command the terminal. */
const controlCharacters = /(?!\n)\p{Cc}/gu;

/** Text without control characters but for line ends. */
export function printable(text: string): string {
  return text.replace(controlCharacters, '\ufffd');
}

/** Data, on stdout. */
export function print(text: string): void {
  process.stdout.write(`${printable(text)}\n`);
}

/** A message to whoever sits there, on stderr. */
export function note(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}

/** How long ago, or how long: "3 s", "5 min", "2 h", "4 d". */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** Rows of cells in columns as wide as they must be, two blanks between them; the first row is the header. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => largest(rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
