import { createRequire } from 'node:module';

/** What is used of kafkajs' internals. */
interface RequestQueue {
  readonly enforceRequestTimeout: boolean;
  readonly requestTimeout: number;
  readonly inflight: ReadonlyMap<number, { sentAt: number; requestTimeout: number; timeoutRequest(): void }>;
  requestTimeoutIntervalId: NodeJS.Timeout | null;
  scheduleRequestTimeoutCheck(): void;
  isConnected(): boolean;
  destroy(): void;
}

/** How late it may be noticed that a request was not answered, ms: well below what follows from it. */
const interval = 5_000;

const require = createRequire(import.meta.url);

/**
 * kafkajs looks every 100 ms whether a request is overdue, on each connection for as long as it lives: 30 wake-ups a second
 * of a process with three of them. Requests have 15 s, so that every five are enough.
 */
export function checkTimeoutsSeldom(): void {
  const queue: { prototype: RequestQueue } = require('kafkajs/src/network/requestQueue');
  queue.prototype.scheduleRequestTimeoutCheck = function seldom(this: RequestQueue) {
    if (!this.enforceRequestTimeout) return;
    this.destroy();
    const check = () => {
      const now = Date.now();
      for (const request of this.inflight.values()) {
        if (now - request.sentAt > request.requestTimeout) request.timeoutRequest();
      }
      if (!this.isConnected()) this.destroy();
    };
    this.requestTimeoutIntervalId = setInterval(check, Math.min(this.requestTimeout, interval)).unref();
  };
}
