import type { Result } from './result.ts';
import { rowsOf } from './rows.ts';
import { difference, spread } from './spread.ts';

interface Row {
  row: string;
  /** Of many sources: how many there are, and how many of them the table holds at the end. */
  sources?: number;
  resident?: number;
  /** ns a packet, one figure a round; the three were run in turns. */
  pass: number[];
  port_ticker: number[];
  lru?: number[];
}

interface Size {
  program: { verifiedInstructions: number; translatedBytes: number; jitedBytes: number };
}

const rounds = 15;
const packets = 400_000;

/** What a packet costs over XDP_PASS, beside the usual way of counting. */
export async function packetCost(): Promise<Result> {
  const lines = rowsOf<Size | Row>('cost', rounds, packets);
  const rows = lines.filter((line) => 'row' in line);
  const program = lines.find((line) => 'program' in line)?.program;
  return {
    title: 'What a packet costs',
    about: `Nanoseconds over a program that only passes, minimum / median / maximum of ${rounds} rounds in turns, ${packets.toLocaleString('en')}
packets each, by BPF_PROG_TEST_RUN on one CPU with a table of 65 536 sources, where no row says another. Many sources come in turns,
in no order that the table knows; in the table: how many of them it holds at the end. The usual way is an LRU hash of as many sources, with
settings in an array map and one \`bpf_map_update_elem\` a change (bench/baselines/lru.bpf.c). Left out: the driver, the
network stack, ring traffic beyond the first crossings, other CPUs. The program: ${program?.verifiedInstructions.toLocaleString('en')} instructions verified,
${program?.jitedBytes.toLocaleString('en')} bytes of machine code. Every row of the product includes its per-CPU statistics.`,
    table: [
      ['packets', 'in the table', 'XDP_PASS', 'port-ticker', 'the usual way'],
      ...rows.map(({ row, sources, resident, pass, port_ticker, lru }) => [
        row,
        sources === undefined || resident === undefined ? '–' : share(resident, sources),
        `${spread(pass).median} ns`,
        difference(port_ticker, pass),
        lru === undefined ? '–' : difference(lru, pass),
      ]),
    ],
    raw: { program, rows },
  };
}

function share(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`;
}
