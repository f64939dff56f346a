import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { describe } from '../../src/common/errors.ts';
import { startKafka } from '../../test/helpers/kafka.ts';
import { randomOf } from '../../test/helpers/random.ts';
import { temporaryDirectory } from '../../test/helpers/temporary-directory.ts';
import { Tally } from './tally.ts';

/*
 * Runs the tests, all or the files given: first what only computes, then what needs the kernel or a broker, a few
 * files at a time, in another order each time: the order of a seed, which is printed, but for the longest. The last line is the verdict.
 */
const seed = Number(process.env['PORT_TICKER_TEST_ORDER'] ?? Date.now() % 2 ** 32);
/** These begin first, or one of them would run on when all others have ended. CONTRIBUTING.md says why they are long. */
const longest = ['test/e2e/backpressure.test.ts', 'test/xdp/floods.test.ts', 'test/e2e/faults-kafka.test.ts'];
const asked = process.argv.slice(2);
const files = shuffled(asked.length > 0 ? asked : globSync('test/**/*.test.ts').sort()).toSorted(
  (a, b) => Number(longest.includes(b)) - Number(longest.includes(a)),
);
process.stdout.write(`The files in the order of PORT_TICKER_TEST_ORDER=${seed}\n`);

const computing = files.filter((file) => /^test\/(unit|simulation)\//.test(file));
/** These look at the whole machine, or need all of it. */
const alone = files.filter((file) => /^test\/(e2e\/(leftovers|debian)|compose\/stack|chaos\/)/.test(file));
const real = files.filter((file) => !computing.includes(file) && !alone.includes(file));

/** That a file may take; with large counts, or a duration in seconds, some are meant to take long. */
const isFull = process.env['PORT_TICKER_TEST_FULL'] !== undefined;
const requested = Number(process.env['PORT_TICKER_TEST_DURATION'] ?? 0) / 60;
const minutes = (isFull ? 75 : 10) + requested;

const tally = new Tally();
/** Each test file and each program under test is a process of its own: the first that needs a source compiles it for all. */
const compiled = temporaryDirectory('port-ticker-compiled-');
process.env['NODE_COMPILE_CACHE'] = compiled.path;

let failed = false;
try {
  await runFiles(computing, availableParallelism());
  if (real.length > 0) await withSharedKafka(() => runFiles(real, 3)); // they wait more than they compute
  await runFiles(alone, 1);
} catch (error) {
  process.stderr.write(`${describe(error)}\n`);
  failed = true;
} finally {
  await compiled.remove();
}

process.stdout.write(`\nThe longest:\n${tally.longest(10).join('\n')}\n`);
process.stdout.write(`${tally.verdict()}\n`);
process.exitCode = tally.isGood() && !failed ? 0 : 1;

/** Every file is a process of its own, `concurrency` of them at the same time. */
async function runFiles(paths: string[], concurrency: number): Promise<void> {
  if (paths.length === 0) return;
  const events = run({ files: paths, concurrency, timeout: minutes * 60_000 });
  tally.follow(events);
  for await (const text of events.compose(new spec())) process.stdout.write(text);
}

/** Tests that do not harm their broker share one: `sharedKafka()`. */
async function withSharedKafka(action: () => Promise<void>): Promise<void> {
  const kafka = await startKafka();
  process.env['PORT_TICKER_TEST_BROKERS'] = kafka.brokers;
  try {
    await action();
  } finally {
    delete process.env['PORT_TICKER_TEST_BROKERS']; // what runs later starts its own
    await kafka.close();
  }
}

/** Fisher and Yates' shuffle. */
function shuffled(paths: readonly string[]): string[] {
  const random = randomOf(seed);
  const order = [...paths];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] ?? '', order[last] ?? ''];
  }
  return order;
}
