import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { consumerThroughput } from './consumer-throughput.ts';
import { crossing } from './crossing.ts';
import { ctlRoundTrip } from './ctl-round-trip.ts';
import { detectorsOnHonestTraffic, detectorsOnScans } from './detectors/side-by-side.ts';
import { packetCost } from './packet-cost.ts';
import { pageLatency } from './page-latency/page-latency.ts';
import { producerEvents } from './producer/events.ts';
import { producerResident } from './producer/resident.ts';
import { sweep } from './producer/sweep.ts';
import { producerThroughput } from './producer/throughput.ts';
import { restart } from './restart.ts';
import type { Result } from './result.ts';
import { scaling } from './scaling/scaling.ts';
import { speedup } from './speedup.ts';
import { twoCpus } from './two-cpus.ts';
import { veth } from './veth.ts';

/** A result, with the day and the machine it is of. */
type Published = Result & { machine: string };

/**
 * Runs every benchmark, or those that are named, prints the tables and publishes them in BENCHMARKS.md, the raw figures
 * beside it. Of those that do not run the last figures stay.
 */
const root = join(import.meta.dirname, '..');
const benchmarks: Readonly<Record<string, () => Promise<Result>>> = {
  packets: packetCost,
  crossing,
  veth,
  speedup,
  cpus: twoCpus,
  events: producerEvents,
  throughput: producerThroughput,
  sweep,
  producer: producerResident,
  commands: ctlRoundTrip,
  page: pageLatency,
  consumer: consumerThroughput,
  restart,
  detectors: detectorsOnScans,
  honest: detectorsOnHonestTraffic,
  scaling,
};
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in benchmarks));
if (unknown.length > 0) {
  process.stderr.write(
    `No benchmark ${unknown.join(', ')} – there are ${Object.keys(benchmarks).join(', ')}.\n`,
  );
  process.exit(2);
}
const machine = describeMachine();
const published = new Map(Object.entries(asked.length > 0 ? readPublished() : {}));
for (const [name, benchmark] of Object.entries(benchmarks)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const result = await benchmark();
  process.stdout.write(`\n${result.title}\n\n${markdown(result.table)}\n`);
  published.set(name, { ...result, machine });
}
writeFileSync(join(root, 'BENCHMARKS.md'), page([...published.values()]));
writeFileSync(
  join(root, 'bench/results.json'),
  `${JSON.stringify(Object.fromEntries(published), null, 1)}\n`,
);
process.stdout.write('\nPublished in BENCHMARKS.md, raw figures in bench/results.json\n');

function readPublished(): Record<string, Published> {
  return JSON.parse(readFileSync(join(root, 'bench/results.json'), 'utf8'));
}

function page(all: readonly Published[]): string {
  const sections = all.map(
    ({ title, about, machine, table }) => `## ${title}\n\n${about}\n\n${machine}\n\n${markdown(table)}\n`,
  );
  return `# Benchmarks

Made by \`make bench\`; the raw figures are in [bench/results.json](bench/results.json).

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
