import { createRequire } from 'node:module';

/** What is used of kafkajs' internals. */
interface RequestQueue {
  readonly clientId: string;
  maybeThrottle(milliseconds: number | null): void;
}

const require = createRequire(import.meta.url);
/** By client id, which is what brokers set quotas for; ms since 1970. */
const ends = new Map<string, number>();

/** Until when the brokers want no more from the clients with this id, ms since 1970; 0: never throttled. */
export function throttledUntil(clientId: string): number {
  return ends.get(clientId) ?? 0;
}

/**
 * Brokers acknowledge what goes over a quota at once, and say for how long they want no more, be it minutes. kafkajs obeys
 * without a word: the next request waits in its queue, which looks like brokers that do not answer. With this a sender
 * can ask, and wait before it sends.
 */
export function noteThrottling(): void {
  const { prototype }: { prototype: RequestQueue } = require('kafkajs/src/network/requestQueue');
  const original = prototype.maybeThrottle;
  if (original.name === 'noteAndThrottle') return;
  prototype.maybeThrottle = function noteAndThrottle(this: RequestQueue, milliseconds) {
    original.call(this, milliseconds);
    if (milliseconds === null || !(milliseconds > 0)) return;
    ends.set(this.clientId, Math.max(Date.now() + milliseconds, throttledUntil(this.clientId)));
  };
}
