import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ScanStack } from '../test/helpers/scan-stack.ts';
import type { Result } from './result.ts';
import { spread } from './spread.ts';
import { withBroker } from './with-broker.ts';

const rounds = 31;
const root = join(import.meta.dirname, '..');
const ticker = join(root, 'src/ctl/main.js');

/** ms from the start of the process. */
interface Run {
  firstOutput: number;
  applied: number;
  ended: number;
}

interface Kind {
  name: string;
  /** Arguments of Node. */
  line: (round: number) => string[];
}

interface Measured {
  name: string;
  runs: Run[];
}

/** How long a person waits for a command, from the start of ticker_ctl on. */
export async function ctlRoundTrip(): Promise<Result> {
  const command = (round: number) => ['--sensor', 'edge1', '-t', String(20 + round)];
  const kinds: Kind[] = [
    { name: 'a command', line: (round) => [ticker, ...command(round)] },
    { name: '--help', line: () => [ticker, '--help'] },
    { name: 'Node that prints a character', line: () => ['-e', 'process.stdout.write(".")'] },
  ];
  const measured = await withStack((stack) => inTurns(kinds, stack));
  return {
    title: 'What a command takes',
    about: `Milliseconds from the start of \`ticker_ctl --sensor edge1 -t N\` to its first output, to "edge1: applied", and to its
end: minimum / median / maximum of ${rounds} runs, one after the other. One broker with default settings, one consumer and one
sensor, all on this machine. Node's compile cache is warm, as from the second start of the tool on.`,
    table: [['', 'first output', 'APPLIED printed', 'ended'], ...measured.map(row)],
    raw: measured,
  };
}

/** Runs each kind once a round. */
async function inTurns(kinds: readonly Kind[], { settings }: ScanStack): Promise<Measured[]> {
  const env = {
    PORT_TICKER_KAFKA_BROKERS: settings['KAFKA_BROKERS'] ?? '',
    PORT_TICKER_TOPIC_PREFIX: settings['TOPIC_PREFIX'] ?? '',
  };
  const measured = kinds.map(({ name, line }) => ({ name, line, runs: [] as Run[] }));
  for (let round = 0; round < rounds; round += 1)
    for (const { line, runs } of measured) runs.push(await time(line(round), env));
  return measured.map(({ name, runs }) => ({ name, runs }));
}

/** A broker, a consumer and a sensor. */
function withStack<T>(action: (stack: ScanStack) => Promise<T>): Promise<T> {
  return withBroker(async (cleanup, brokers) => {
    const stack = await ScanStack.create(cleanup, brokers);
    await Promise.all([stack.consumer().ready(), stack.producer().ready()]);
    return action(stack);
  });
}

async function time(args: readonly string[], env: Record<string, string>): Promise<Run> {
  const begin = performance.now();
  const since = () => performance.now() - begin;
  const run: Run = { firstOutput: Number.NaN, applied: Number.NaN, ended: Number.NaN };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const hear = (text: string) => {
    if (output === '') run.firstOutput = since();
    output += text;
    if (Number.isNaN(run.applied) && /^edge1: applied/m.test(output)) run.applied = since();
  };
  child.stdout.setEncoding('utf8').on('data', hear);
  child.stderr.setEncoding('utf8').on('data', hear);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}: ${output}`);
  return { ...run, ended: since() };
}

function row({ name, runs }: Measured): string[] {
  return [name, ...(['firstOutput', 'applied', 'ended'] as const).map((what) => cell(runs, what))];
}

function cell(runs: readonly Run[], what: keyof Run): string {
  const { min, median, max } = spread(runs.map((run) => run[what]));
  return Number.isNaN(median) ? '–' : `${min.toFixed(0)} / **${median.toFixed(0)}** / ${max.toFixed(0)}`;
}
