import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { type Expectation, expectation } from '../helpers/first-packet-model.ts';
import { type FuzzedFrame, fuzzedFrames } from '../helpers/frame-fuzz.ts';
import { FrameRunner, kindNames, type Reply, statisticNames, toolName } from '../helpers/frame-runner.ts';
import { isFull } from '../helpers/full.ts';
import { XDP_DROP, XDP_PASS } from '../helpers/kernel.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { seededRandom } from '../helpers/random.ts';

const count = isFull ? 5_000_000 : 100_000;
const batchSize = 2_000;

/** Statistics of which each frame makes exactly one grow, in whatever state the table is; IGNORED comes beside it. */
const causes = /^(PACKETS_|SKIPPED_|ICMP_DROPPED|IGNORED)/;

privilegedTest(`${count} frames of new sources become what the standards say`, async (t) => {
  await fuzz(t, 'first', sameForNew);
});

privilegedTest(
  `${count} frames of sources that come again are taken for what the standards say`,
  async (t) => {
    await fuzz(t, 'later', sameCause);
  },
);

/** Frames that are easily taken for something else than they are. */
const hardFrames: { name: string; frame: string }[] = JSON.parse(
  readFileSync(new URL('../fixtures/hard-frames.json', import.meta.url), 'utf8'),
);

for (const { name, frame } of hardFrames) {
  privilegedTest(name, async (t) => {
    const runner = new FrameRunner(t, 'first');
    const fuzzed = { frame: Buffer.from(frame, 'hex'), linear: 0 };
    compareAll([fuzzed], await runner.run([fuzzed]), sameForNew, new Map());
  });
}

type Check = (reply: Reply, expected: Expectation) => void;

function sameForNew(reply: Reply, expected: Expectation): void {
  assert.deepEqual(seenOf(reply), wantedOf(expected));
  assert.deepEqual(statisticNames(reply.twice), []);
}

function sameCause(reply: Reply, expected: Expectation): void {
  const only = (names: string[]) => names.filter((name) => causes.test(name)).sort();
  const [grown, twice] = [only(statisticNames(reply.grown)), only(statisticNames(reply.twice))];
  assert.deepEqual(
    { verdict: reply.verdict, grown, twice },
    { verdict: verdictOf(expected), grown: only(expected.grown), twice: [] },
  );
}

async function fuzz(t: TestContext, mode: 'first' | 'later', check: Check): Promise<void> {
  const runner = new FrameRunner(t, mode);
  const tally = new Map<string, number>();
  const frames = chosenFrame() ?? fuzzedFrames(seededRandom(t));
  let batch = takeBatch(frames);
  let replies = runner.run(batch);
  try {
    for (let done = 0; batch.length > 0; ) {
      const results = await replies;
      done += batch.length;
      const next = done < count ? takeBatch(frames) : [];
      replies = runner.run(next); // while these are looked at
      compareAll(batch, results, check, tally);
      batch = next;
    }
  } finally {
    await Promise.allSettled([replies]);
  }
  t.diagnostic(`frames by statistic: ${JSON.stringify(Object.fromEntries(tally))}`);
}

function compareAll(
  batch: readonly FuzzedFrame[],
  replies: readonly Reply[],
  check: Check,
  tally: Map<string, number>,
): void {
  for (const [index, fuzzed] of batch.entries()) {
    const reply = replies[index];
    assert.ok(reply !== undefined);
    compare(fuzzed, reply, check);
    for (const name of statisticNames(reply.grown)) tally.set(name, (tally.get(name) ?? 0) + 1);
  }
}

/** One frame instead of many: PORT_TICKER_TEST_FRAME=LINEAR:HEX, as a failure prints it. */
function chosenFrame(): Iterator<FuzzedFrame> | undefined {
  const [linear, hex] = process.env['PORT_TICKER_TEST_FRAME']?.split(':') ?? [];
  return hex === undefined
    ? undefined
    : [{ frame: Buffer.from(hex, 'hex'), linear: Number(linear) }].values();
}

function takeBatch(frames: Iterator<FuzzedFrame>): FuzzedFrame[] {
  const batch: FuzzedFrame[] = [];
  while (batch.length < batchSize) {
    const { value, done } = frames.next();
    if (done) break;
    batch.push(value);
  }
  return batch;
}

function compare({ frame, linear }: FuzzedFrame, reply: Reply, check: Check): void {
  const expected = expectation(frame, reply.linear);
  try {
    assert.equal(reply.isAltered, false, 'the frame came back other than it was');
    check(reply, expected);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`PORT_TICKER_TEST_FRAME=${linear}:${frame.toString('hex')}\n${why}`);
  }
}

/** Look-ups depend on what was asked within the last two seconds. */
function seenOf({ grown, verdict, address, port, kinds, flags }: Reply) {
  const names = statisticNames(grown).filter((name) => name !== 'SOCKET_LOOKUPS');
  const source = {
    address: address.toString('hex'),
    port,
    kinds: kindNames(kinds).sort(),
    tool: toolName(flags),
  };
  return { verdict, grown: names.sort(), source: names.includes('SOURCES_ADMITTED') ? source : null };
}

function wantedOf(expected: Expectation) {
  const { grown, source } = expected;
  return {
    verdict: verdictOf(expected),
    grown: grown.toSorted(),
    source: source && {
      ...source,
      address: Buffer.from(source.address).toString('hex'),
      kinds: source.kinds.toSorted(),
    },
  };
}

function verdictOf({ isDropped }: Expectation): number {
  return isDropped ? XDP_DROP : XDP_PASS;
}
