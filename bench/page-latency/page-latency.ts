import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { lastFirst } from '../../test/helpers/cleanup.ts';
import { eventually } from '../../test/helpers/eventually.ts';
import { startKafka } from '../../test/helpers/kafka.ts';
import { ScanStack, target4 } from '../../test/helpers/scan-stack.ts';
import type { Result } from '../result.ts';
import { spread } from '../spread.ts';
import type { Order } from './crossers.ts';
import { Hop } from './hop.ts';
import { StreamReader } from './stream-reader.ts';

const rounds = 5;
/** Crossings a second, and in one run. */
const loads = [
  { name: '10 crossings a second', rate: 10, count: 20 },
  { name: '1 000 crossings a second', rate: 1_000, count: 1_000 },
];
const deadline = 20_000;

interface Run {
  name: string;
  /** ms from the packet that crosses, and from a record that is sent, of each that arrived. */
  delays: number[];
}

/** How long it takes until who looks at the page sees a source that has crossed the threshold. */
export async function pageLatency(): Promise<Result> {
  const runs = await measured();
  return {
    title: 'From a packet to the page',
    about: `Milliseconds from the sending of the packet that crosses the threshold, from a source that nothing was known of, to the
source's row on a client of \`/api/stream\`: kernel, ring, producer, Kafka, consumer, report topic, stream, each a process of its own
on this machine, one broker with default settings; half of the crossings and 99 of 100 of them: minimum / median / maximum of ${rounds}
runs. Beside it, in turns, a record of the same size that bare kafkajs sends at the same rate and reads: one way through Kafka with
nothing before and behind it, where the product takes two. Left out: what a browser takes to draw a row.`,
    table: [['', 'p50', 'p99'], ...names(runs).map((name) => row(name, runs))],
    raw: runs.map(({ name, delays }) => ({ name, p50: quantile(delays, 0.5), p99: quantile(delays, 0.99) })),
  };
}

async function measured(): Promise<Run[]> {
  const hooks: (() => unknown)[] = [];
  const cleanup = lastFirst({ after: (hook) => hooks.push(hook as () => unknown) });
  try {
    const kafka = await startKafka();
    cleanup.after(() => kafka.close());
    const stack = await ScanStack.create(cleanup, kafka.brokers);
    await stack.scanner.exec('ip', ['route', 'add', 'local', '10.78.0.0/16', 'dev', 'lo']);
    // Who is asked for its link address knows no way to a source of these, and would not answer.
    await stack.scanner.exec('sysctl', ['-q', '-w', 'net.ipv4.conf.all.arp_announce=2']);
    const crossers = startCrossers(stack);
    cleanup.after(() => crossers.kill('SIGKILL'));
    const consumer = stack.consumer();
    const producer = stack.producer({ THRESHOLD: '0' });
    await Promise.all([consumer.ready(), producer.ready()]);
    const stream = await StreamReader.open(`${consumer.url}/api/stream?html&sort=-last&limit=1000`);
    cleanup.after(() => stream.close());
    const hop = await Hop.open(kafka.brokers, `${stack.settings['TOPIC_PREFIX']}.hop`);
    cleanup.after(() => hop.close());
    return await inTurns(crossers, stream, hop);
  } finally {
    for (const hook of hooks) await hook();
  }
}

async function inTurns(crossers: ChildProcess, stream: StreamReader, hop: Hop): Promise<Run[]> {
  const runs: Run[] = [];
  let first = 0;
  const load = async (order: Omit<Order, 'first' | 'to'>) => {
    crossers.send({ ...order, first, to: target4 } satisfies Order);
    first += order.count;
    const [times]: [string, number][][] = await once(crossers, 'message');
    return times ?? [];
  };
  await arrived(await load({ rate: 200, count: 400 }), stream); // what is compiled and connected only once
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, rate, count } of loads) {
      runs.push({ name, delays: await arrived(await load({ rate, count }), stream) });
      runs.push({ name: `bare kafkajs: ${name}`, delays: await hop.delays(rate, count) });
    }
  }
  return runs;
}

/** Every one of them has to arrive. */
async function arrived(times: readonly [string, number][], stream: StreamReader): Promise<number[]> {
  const arrivals = times.map(([source, at]) => [stream.seen, source, at] as const);
  const missing = () => times.filter(([source]) => !stream.seen.has(source));
  await eventually('all sources are seen', () => missing().length === 0, deadline);
  return arrivals.map(([seen, source, at]) => (seen.get(source) ?? Number.NaN) - at);
}

function startCrossers({ scanner }: ScanStack): ChildProcess {
  const script = join(import.meta.dirname, 'crossers.ts');
  return spawn('nsenter', [`--net=${scanner.path}`, process.execPath, script], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

function names(runs: readonly Run[]): string[] {
  return [...new Set(runs.map(({ name }) => name))];
}

function row(name: string, runs: readonly Run[]): string[] {
  const mine = runs.filter((run) => run.name === name);
  const cell = (share: number) => {
    const { min, median, max } = spread(mine.map(({ delays }) => quantile(delays, share)));
    return `${min.toFixed(1)} / **${median.toFixed(1)}** / ${max.toFixed(1)}`;
  };
  return [name, cell(0.5), cell(0.99)];
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? Number.NaN;
}
