import { readFileSync } from 'node:fs';
import { Registry } from '@prometheus-io/client';
import { addProcessMetrics } from '../../src/common/process-metrics.ts';

/** How often the main thread has gone to sleep so far. */
function sleeps(): number {
  return Number(
    /^voluntary_ctxt_switches:\t(\d+)/m.exec(readFileSync('/proc/thread-self/status', 'utf8'))?.[1],
  );
}

addProcessMetrics(new Registry());
setTimeout(() => {
  const before = sleeps();
  setTimeout(() => process.stdout.write(`woken ${sleeps() - before - 1} times\n`), 3_000); // once by this timer
}, 1_000);
