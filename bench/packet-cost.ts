import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Result } from './result.ts';
import { spread } from './spread.ts';

interface Row {
  row: string;
  /** ns a packet, one figure a round; the three were run in turns. */
  pass: number[];
  port_ticker: number[];
  lru?: number[];
}

interface Size {
  program: { verifiedInstructions: number; translatedBytes: number; jitedBytes: number };
}

const rounds = 21;
const packets = 400_000;

/** What a packet costs over XDP_PASS, beside the usual way of counting. */
export async function packetCost(): Promise<Result> {
  const binary = join(import.meta.dirname, '../build/bench/cost');
  const output = execFileSync(binary, [String(rounds), String(packets)], { encoding: 'utf8' });
  const [first = '', ...lines] = output.trim().split('\n');
  const { program }: Size = JSON.parse(first);
  const rows = lines.map((line): Row => JSON.parse(line));
  return {
    title: 'What a packet costs',
    about: `Nanoseconds over a program that only passes, minimum / median / maximum of ${rounds} rounds in turns, ${packets.toLocaleString('en')}
packets each, by BPF_PROG_TEST_RUN on one CPU with a table of 65 536 sources. The usual way is an LRU hash with
settings in an array map and one \`bpf_map_update_elem\` a change (bench/baselines/lru.bpf.c). Left out: the driver, the
network stack, ring traffic beyond the first crossings, other CPUs. The program: ${program.verifiedInstructions.toLocaleString('en')} instructions verified,
${program.jitedBytes.toLocaleString('en')} bytes of machine code. Every row of the product includes its per-CPU statistics.`,
    table: [
      ['packets', 'XDP_PASS', 'port-ticker', 'the usual way'],
      ...rows.map(({ row, pass, port_ticker, lru }) => [
        row,
        `${spread(pass).median} ns`,
        difference(port_ticker, pass),
        lru === undefined ? '–' : difference(lru, pass),
      ]),
    ],
    raw: { program, rows },
  };
}

function difference(program: readonly number[], pass: readonly number[]): string {
  const { min, median, max } = spread(program.map((value, round) => value - (pass[round] ?? 0)));
  return `${signed(min)} / **${signed(median)}** / ${signed(max)} ns`;
}

function signed(value: number): string {
  return value < 0 ? `−${-value}` : `+${value}`;
}
