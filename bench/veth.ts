import type { Result } from './result.ts';
import { rowsOf } from './rows.ts';
import { ratio, spread } from './spread.ts';

interface Row {
  row: string;
  /** Frames sent and not received, of all programs. */
  lost: number;
  /** Frames received in a microsecond, one figure a round; the three were run in turns. */
  pass: number[];
  port_ticker: number[];
  lru: number[];
}

const rounds = 15;
const frames = 400_000;

/** How many real frames a device takes in, beside a program that only passes. */
export async function veth(): Promise<Result> {
  const rows = rowsOf<Row>('veth', rounds, frames);
  return {
    title: 'Real frames',
    about: `Frames of 54 bytes a second over a veth pair in driver mode, one CPU that sends them and takes them in, as shares of what a program
that only passes gets: minimum / median / maximum of ${rounds} rounds in turns, ${frames.toLocaleString('en')} frames each. Default policy; the scan goes to closed
ports. The frames are made by the kernel (BPF_F_TEST_XDP_LIVE_FRAMES) and carry another host's Ethernet address, so that the network
stack, which makes a packet of each, drops it at once. Left out: what a real driver and a real receiver take beside, which make
the program's share smaller.`,
    table: [
      ['frames', 'XDP_PASS', 'port-ticker', 'the usual way', 'lost'],
      ...rows.map(({ row, lost, pass, port_ticker, lru }) => [
        row,
        `${spread(pass).median.toFixed(2)} M/s`,
        ratio(port_ticker, pass),
        ratio(lru, pass),
        `${lost}`,
      ]),
    ],
    raw: rows,
  };
}
