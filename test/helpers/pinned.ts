import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { enumerators } from '../../src/producer/native.ts';

const statistics = enumerators('statistic');

/** A statistic of the kernel program, by its name in C, from the maps pinned in a layout's directory. */
export function pinnedStatistic(layout: string, name: string): number {
  const [{ formatted }] = bpftool('map', 'dump', 'pinned', join(layout, 'statistics'));
  const rows: { value: number[] }[] = formatted.values;
  return rows.reduce((sum, { value }) => sum + (value[statistics[name] ?? -1] ?? Number.NaN), 0);
}

/** What is pinned below a directory: each path with the kernel's id of the object, and the program of a link. */
export function pinnedObjects(directory: string): string[] {
  const paths = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const named = paths.map((path) => {
    const kind = path.includes('/link_') ? 'link' : path.endsWith('/program') ? 'prog' : 'map';
    const { id, prog_id: program } = bpftool(kind, 'show', 'pinned', path);
    return `${path} ${kind} ${id}${program === undefined ? '' : ` of program ${program}`}`;
  });
  return named.sort();
}

// biome-ignore lint/suspicious/noExplicitAny: each of bpftool's answers has a shape of its own
function bpftool(...args: string[]): any {
  return JSON.parse(execFileSync('bpftool', ['--json', ...args], { encoding: 'utf8' }));
}
