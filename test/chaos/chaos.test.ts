import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReportEntry } from '../../src/common/event.ts';
import { lastFirst } from '../helpers/cleanup.ts';
import { readEvents } from '../helpers/events.ts';
import { isFull } from '../helpers/full.ts';
import { portRange } from '../helpers/kernel.ts';
import { audit } from '../helpers/ledger.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { type Random, seededRandom } from '../helpers/random.ts';
import type { Service } from '../helpers/service.ts';
import { Delays } from './delays.ts';
import { kafkaFaults, plan, programFaults, type Step } from './faults.ts';
import { Stage, sources } from './stage.ts';
import { Truth } from './truth.ts';

/** Seconds of faults; make chaos DURATION=…. */
const duration = Number(process.env['PORT_TICKER_TEST_DURATION'] ?? (isFull ? 3600 : 60));
const threshold = 20;
const settling = 180_000;

privilegedTest(`everything fails again and again for ${duration} s, and nothing is lost`, async (t) => {
  const random = seededRandom(t);
  const tracks = [programFaults, kafkaFaults].map((faults) => plan(random, faults, duration * 1000));
  const stage = await Stage.create(lastFirst(t));
  const truth = new Truth();
  const end = new AbortController();
  const delays = new Delays();
  const scanning = scanUntil(end.signal, stage, random, (source, ports) => {
    const count = truth.note(source, ports);
    if (count > threshold) delays.owe(source, count);
  });
  const watching = watchUntil(end.signal, stage, delays);
  let struck: string[] = [];
  try {
    struck = (await Promise.all(tracks.map((steps) => carryOut(steps, stage, end)))).flat();
  } finally {
    end.abort();
    await Promise.allSettled([scanning, watching]);
  }
  await Promise.all([scanning, watching]);

  const settled = await Promise.all(stage.consumers.map((consumer) => untilExact(consumer, truth)));
  delays.paid(truth.above(threshold));
  assert.equal(stage.statistic('STAT_PACKETS_IPV4'), truth.packets, 'what was sent is not what was seen');
  const ledger = audit(await readEvents(stage.kafka.brokers, stage.stack.settings['TOPIC_PREFIX'] ?? ''));
  t.diagnostic(
    `${truth.packets} packets, ${truth.above(threshold).length} sources; events ${ledger.events}, lost 0, ` +
      `dropped ${ledger.drops}, duplicates ${ledger.duplicates}, ring full ${stage.statistic('STAT_RING_FULL')} times; ` +
      `longest delay ${delays.longest / 1000} s, whole ${Math.max(...settled) / 1000} s after the last cure`,
  );
  t.diagnostic(`faults: ${tallied(struck)}`);
  assert.equal(ledger.drops, 0, 'no source was evicted');
});

/** The faults of one track, one after the other. Returns their names. When a track cannot go on, no other does. */
async function carryOut(steps: readonly Step[], stage: Stage, end: AbortController): Promise<string[]> {
  const finish = performance.now() + duration * 1000;
  const struck: string[] = [];
  try {
    for (const { pause, hold, fault } of steps) {
      if (performance.now() > finish || end.signal.aborted) break;
      await sleep(pause);
      await fault.strike(stage);
      struck.push(fault.name);
      await sleep(hold);
      await fault.heal(stage);
    }
    return struck;
  } catch (cause) {
    end.abort();
    throw new Error(`after ${struck.join(', ')}`, { cause });
  }
}

/** Scans by several sources at a time, while the program is attached. */
async function scanUntil(
  signal: AbortSignal,
  stage: Stage,
  random: Random,
  note: (source: string, ports: readonly number[]) => void,
): Promise<void> {
  while (!signal.aborted) {
    await stage.withDevice(async () => {
      if (!(await stage.isAttached())) return;
      for (const source of sources.filter(() => random() < 0.4)) {
        const ports = portRange(1 + Math.floor(random() * 60_000), 5 + Math.floor(random() * 30));
        await stage.probe(source, ports);
        note(source, ports);
      }
    });
    await sleep(100);
  }
}

/** Looks at the report of whichever consumer answers. */
async function watchUntil(signal: AbortSignal, stage: Stage, delays: Delays): Promise<void> {
  while (!signal.aborted) {
    for (const consumer of stage.consumers) {
      if (/http:/.test(consumer.program.stdout)) await consumer.serving();
      delays.paid(await countsOf(consumer));
    }
    await sleep(500);
  }
}

/** Waits until the report is the truth; returns how long that took, ms. */
async function untilExact(consumer: Service, truth: Truth): Promise<number> {
  const begin = performance.now();
  const expected = truth.above(threshold);
  await consumer.serving();
  let counts: [string, number][] = [];
  const isExact = async () => {
    counts = await countsOf(consumer);
    return JSON.stringify(counts) === JSON.stringify(expected);
  };
  const exact = await consumer.until('the report is the truth', isExact, settling).then(
    () => true,
    (error: Error) => {
      process.stderr.write(`${error.message}\n`); // what the consumer has printed
      return false;
    },
  );
  if (!exact) assert.deepEqual(counts, expected);
  return Math.round(performance.now() - begin);
}

/** Sources of a consumer's report and their counts, in the order of their text; none when it does not answer. */
async function countsOf(consumer: Service): Promise<[string, number][]> {
  const text = await consumer.get('/api/report');
  const { entries }: { entries: ReportEntry[] } = text === '' ? { entries: [] } : JSON.parse(text);
  return entries
    .map(({ source, changeCount }): [string, number] => [source, changeCount])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function tallied(names: readonly string[]): string {
  return Array.from(
    Map.groupBy(names, (name) => name),
    ([name, all]) => `${all.length} × ${name}`,
  ).join(', ');
}
