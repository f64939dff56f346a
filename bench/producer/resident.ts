import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { builtPrograms } from '../../test/helpers/built-programs.ts';
import type { Cleanup } from '../../test/helpers/cleanup.ts';
import { startKafka } from '../../test/helpers/kafka.ts';
import { memoryOf } from '../../test/helpers/memory.ts';
import { ScanStack } from '../../test/helpers/scan-stack.ts';
import type { Result } from '../result.ts';
import { spread } from '../spread.ts';
import { withCleanup } from './filled-sensor.ts';

const pourInto = join(import.meta.dirname, '../../build/bench/pour_into');
/** Fill the table of 65 536 and make most of them cross. */
const sources = 200_000;
const packetsEach = 60;
const windows = 5;
/** ms. Before the first window what the start has left to compile and to collect is done. */
const rest = 10_000;
const window = 6_000;

interface Resident {
  /** One figure a window: of all threads, each second; and processor time, percent of one CPU. */
  wakeUps: number[];
  cpu: number[];
  /** MB. */
  idle: Memory;
  filled: Memory;
}

interface Memory {
  now: number;
  peak: number;
  /** Of `now`, pages of the kernel's maps, which are there whether a process maps them or not. */
  maps: number;
}

/** What a producer takes that has nothing to do, and one whose table is full. */
export async function producerResident(): Promise<Result> {
  const measured = await withCleanup(measure);
  const { wakeUps, cpu, idle, filled } = measured;
  const cell = (figures: readonly number[], digits: number) => {
    const { min, median, max } = spread(figures);
    return `${min.toFixed(digits)} / **${median.toFixed(digits)}** / ${max.toFixed(digits)}`;
  };
  const memory = ({ now, peak, maps }: Memory) =>
    `${now} MB, ${peak} MB at most, ${maps} MB of it the kernel's`;
  return {
    title: 'What a producer takes',
    about: `The producer as JavaScript, as the package has it, with one device, a table of 65 536 sources and a broker on this machine. Wake-ups
are voluntary context switches of all its threads each second, processor time is a percentage of one CPU: minimum / **median** /
maximum of ${windows} windows of ${window / 1000} s without a packet. Memory is resident: all pages in use, also those of Node's own file (51 MB) and of the
kernel's table and ring, which it only looks at. Full: when ${sources.toLocaleString('en')} sources have crossed and all of it is delivered.`,
    table: [
      ['wake-ups', 'CPU', 'memory, idle', 'memory, table full'],
      [cell(wakeUps, 1), `${cell(cpu, 2)} %`, memory(idle), memory(filled)],
    ],
    raw: measured,
  };
}

async function measure(t: Cleanup): Promise<Resident> {
  const kafka = await startKafka();
  t.after(() => kafka.close());
  const stack = await ScanStack.create(t, kafka.brokers);
  const producer = stack.producer({ IDLE_RESET: '0' }, [], [], builtPrograms(t));
  await producer.ready();
  const { pid } = producer.program;
  await sleep(rest);
  const wakeUps: number[] = [];
  const cpu: number[] = [];
  for (let index = 0; index < windows; index += 1) {
    const before = { switches: switchesOf(pid), cpu: cpuOf(pid), since: performance.now() };
    await sleep(window);
    const seconds = (performance.now() - before.since) / 1000;
    wakeUps.push((switchesOf(pid) - before.switches) / seconds);
    cpu.push((100 * (cpuOf(pid) - before.cpu)) / seconds);
  }
  const idle = memory(pid);
  const program = join(stack.sandbox.pinDirectory, 'layout_2/program');
  await promisify(execFile)(pourInto, [program, String(sources), String(packetsEach)]);
  const isDelivered = async () => /^port_ticker_ring_used_bytes 0$/m.test(await producer.get('/metrics'));
  await producer.until('all is delivered', isDelivered, 60_000);
  return { wakeUps, cpu, idle, filled: memory(pid) };
}

function memory(pid: number): Memory {
  let maps = 0;
  let isMap = false;
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
    if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) isMap = line.endsWith('bpf-map');
    const [, kilobytes = '0'] = /^Rss:\s+(\d+)/.exec(line) ?? [];
    if (isMap) maps += Number(kilobytes);
  }
  return { ...memoryOf(pid), maps: Math.round((maps * 1024) / 1_000_000) };
}

function switchesOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
    return sum + Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1]);
  }, 0);
}

/** Processor time of all threads, s: the scheduler's own figure, as ticks of 10 ms are too coarse. */
function cpuOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const [nanoseconds] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
    return sum + Number(nanoseconds) / 1e9;
  }, 0);
}
