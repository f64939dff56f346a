import { createRequire } from 'node:module';

/** What is used of kafkajs' internals. */
interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

const require = createRequire(import.meta.url);

/**
 * kafkajs reschedules a check of its request queue every millisecond for as long as a connection lives, also when
 * nothing waits in the queue: ~900 wake-ups a second of an idle process, and a TimeoutNegativeWarning each. Whoever
 * puts a request into the queue schedules the check itself, so that it is only needed while one is pending.
 */
export function stopIdleTimers(): void {
  const queue: { prototype: RequestQueue } = require('kafkajs/src/network/requestQueue');
  const original = queue.prototype.scheduleCheckPendingRequests;
  if (original.name === 'whilePending') return;
  queue.prototype.scheduleCheckPendingRequests = function whilePending(this: RequestQueue) {
    if (this.pending.length > 0) original.call(this);
  };
}
