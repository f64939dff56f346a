import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { ctlRoundTrip } from './ctl-round-trip.ts';
import { packetCost } from './packet-cost.ts';
import type { Result } from './result.ts';
import { twoCpus } from './two-cpus.ts';

/** Runs every benchmark, prints the tables and publishes them in BENCHMARKS.md, the raw figures beside it. */
const root = join(import.meta.dirname, '..');
const results: Result[] = [];
for (const benchmark of [packetCost, twoCpus, ctlRoundTrip]) {
  const result = await benchmark();
  process.stdout.write(`\n${result.title}\n\n${markdown(result.table)}\n`);
  results.push(result);
}
const machine = describeMachine();
writeFileSync(join(root, 'BENCHMARKS.md'), page(results, machine));
writeFileSync(join(root, 'bench/results.json'), `${JSON.stringify({ machine, results }, null, 1)}\n`);
process.stdout.write('\nPublished in BENCHMARKS.md, raw figures in bench/results.json\n');

function page(all: readonly Result[], machine: string): string {
  const sections = all.map(({ title, about, table }) => `## ${title}\n\n${about}\n\n${markdown(table)}\n`);
  return `# Benchmarks

Made by \`make bench\`; the raw figures are in [bench/results.json](bench/results.json). ${machine}

Machines are shared and noisy: compare the columns of one run, never the figures of two.

${sections.join('\n')}`;
}

function describeMachine(): string {
  const clang = execFileSync('clang', ['--version'], { encoding: 'utf8' }).split('\n')[0];
  const day = new Date().toISOString().slice(0, 10);
  return `${day}: ${cpus().length} × ${cpus()[0]?.model}, kernel ${release()}, ${clang}, Node ${process.version}.`;
}

function markdown([header = [], ...rows]: readonly string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
