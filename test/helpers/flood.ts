import { execFile } from 'node:child_process';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';

const program = new URL('../../build/bench/flood', import.meta.url).pathname;

/** Ticks in a second of a kernel with 250 Hz. At other rates the compressed times below are others, in seconds. */
export const ticksPerSecond = 62.5;
/** Ticks in a unit of age, AGE_SHIFT of xdp/table.h. */
export const ticksInUnit = 1024;

/** All numbers; what is left out is as in bench/packets/flood.c, which says what they mean. */
export interface Flood {
  /** Of secret and addresses. PORT_TICKER_TEST_SEED or a random one without. */
  seed?: number;
  slots?: number;
  /** Packets of the flood that pass first. */
  fill?: number;
  /** Scanners that have touched `ports` ports each before the flood. */
  known?: number;
  ports?: number;
  packets?: number;
  /** Packets of a spoofed source. */
  each?: number;
  /** Spoofed sources that take turns. */
  window?: number;
  /** That pass during the flood, compressed. */
  ticks?: number;
  /** Seconds that the flood lasts for real. */
  real?: number;
  /** Scanners that begin within the flood. */
  new?: number;
  probes?: number;
  /** Of so many packets one is a new scanner's. */
  'one-in'?: number;
  /** Ticks between two probes of a new scanner, compressed. */
  gap?: number;
}

export interface Outcome {
  /** Known scanners that have got in. */
  known: number;
  /** Known scanners that are in the table at the end, with all that was known of them. */
  kept: number;
  /** Packets after which the first, and half of them, were gone; 0: never. */
  firstLostAfter: number;
  halfLostAfter: number;
  /** At which of its probes each new scanner was reported; 0: never. */
  new: number[];
  admitted: number;
  refused: number;
  evicted: number;
  ringFull: number;
  lost: number;
}

/** Pours a flood over the kernel program and leaves the figures, with the seed. */
export async function pour(t: TestContext, flood: Flood): Promise<Outcome> {
  const seed = Number(process.env['PORT_TICKER_TEST_SEED'] ?? Date.now() % 1_000_000);
  const options = Object.entries({ seed, ...flood }).map(([name, value]) => `${name}=${Math.round(value)}`);
  const { stdout } = await promisify(execFile)(program, options);
  const outcome: Outcome = JSON.parse(stdout);
  t.diagnostic(`${options.join(' ')} (PORT_TICKER_TEST_SEED): ${describe(outcome)}`);
  return outcome;
}

function describe({ known, kept, firstLostAfter, halfLostAfter, new: found, ...table }: Outcome): string {
  const lost =
    firstLostAfter > 0 ? `, first lost after ${firstLostAfter}, half after ${halfLostAfter || '–'}` : '';
  const hits = found.filter((probe) => probe > 0).sort((a, b) => a - b);
  const median = hits[Math.floor((hits.length - 1) / 2)] ?? '–';
  const fresh =
    found.length > 0 ? `; ${hits.length} of ${found.length} new found, median probe ${median}` : '';
  return `${kept} of ${known} known kept${lost}${fresh}; ${JSON.stringify(table)}`;
}
