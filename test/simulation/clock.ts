import { createRequire, syncBuiltinESMExports } from 'node:module';
import { Queue, type Task } from './queue.ts';

/** Where each simulation begins, ms since 1970. */
const beginning = 1_780_000_000_000;
const require = createRequire(import.meta.url);
const timers: Record<'setTimeout' | 'setImmediate', unknown> = require('node:timers/promises');
const nextTurn = globalThis.setImmediate;

/** A simulated process: what wakes it up does so only while it lives, and not before its pause is over. */
export class Process {
  readonly name: string;
  isDead = false;
  /** Virtual time, ms. */
  pausedUntil = 0;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * Virtual time, and the only source of turns: timers and answers are tasks that run one after the other, each with all
 * that follows from it. So the order of everything is that of the queue, and a process that is killed never runs again.
 */
export class Clock {
  readonly #queue = new Queue();
  #now = beginning;
  /** Whose turn it is; null: the world's. */
  current: Process | null = null;

  /** ms since 1970. */
  get now(): number {
    return this.#now;
  }

  /** Runs an action later, as a turn of `owner`: of whoever asks for it, if not said otherwise. */
  after(delay: number, action: () => void, owner: Process | null = this.current): Task {
    return this.#queue.add(this.#now + Math.max(0, delay), action, owner);
  }

  /** Runs what is due, until a time. */
  async runUntil(end: number): Promise<void> {
    for (let task = this.#queue.next(end); task !== undefined; task = this.#queue.next(end)) {
      this.#now = Math.max(this.#now, task.at);
      const { owner, action } = task;
      if (owner?.isDead) continue;
      if (owner !== null && owner.pausedUntil > this.#now) {
        this.#queue.add(owner.pausedUntil, action, owner);
        continue;
      }
      this.current = owner;
      action();
      await new Promise(nextTurn); // all promises that can settle have settled then
      this.current = null;
    }
    this.#now = Math.max(this.#now, end);
  }

  /** Puts this clock in the place of all that the product asks for the time. Returns how to undo it. */
  install(): () => void {
    const undo = [
      replace(
        globalThis,
        'setTimeout',
        (action: (...given: unknown[]) => void, delay = 0, ...given: unknown[]) =>
          this.#timer(() => action(...given), delay),
      ),
      replace(globalThis, 'setInterval', (action: () => void, delay = 0) => this.#interval(action, delay)),
      replace(globalThis, 'setImmediate', (action: () => void) => this.#timer(action, 0)),
      replace(globalThis, 'clearTimeout', (timer?: Timer) => timer?.cancel()),
      replace(globalThis, 'clearInterval', (timer?: Timer) => timer?.cancel()),
      replace(timers, 'setTimeout', (delay = 0, value?: unknown, options: { signal?: AbortSignal } = {}) =>
        this.#sleep(delay, value, options.signal),
      ),
      replace(timers, 'setImmediate', (value?: unknown) => this.#sleep(0, value)),
      replace(performance, 'now', () => this.#now - beginning),
      replace(performance, 'timeOrigin', beginning),
      replace(Date, 'now', () => Math.floor(this.#now)),
      replace(AbortSignal, 'timeout', (delay: number) => this.#timeout(delay)),
    ];
    syncBuiltinESMExports(); // named imports of node:timers/promises follow
    return () => {
      for (const each of undo) each();
      syncBuiltinESMExports();
    };
  }

  #timer(action: () => void, delay: number): Timer {
    const owner = this.current;
    let task = this.after(delay, action);
    const refresh = () => {
      task.cancel();
      task = this.after(delay, action, owner);
    };
    return timerOf(() => task.cancel(), refresh);
  }

  #interval(action: () => void, delay: number): Timer {
    let task: Task;
    const next = () => {
      task = this.after(delay, () => {
        next();
        action();
      });
    };
    next();
    return timerOf(() => task.cancel());
  }

  async #sleep(delay: number, value: unknown, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const task = this.after(delay, () => resolve(value));
    const onAbort = () => {
      task.cancel();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #timeout(delay: number): AbortSignal {
    const controller = new AbortController();
    this.after(delay, () => controller.abort(new DOMException('it took too long', 'TimeoutError')));
    return controller.signal;
  }
}

interface Timer {
  cancel(): void;
  refresh(): void;
  ref(): Timer;
  unref(): Timer;
}

function timerOf(cancel: () => void, refresh = () => {}): Timer {
  const timer: Timer = { cancel, refresh, ref: () => timer, unref: () => timer };
  return timer;
}

function replace(holder: object, name: string, replacement: unknown): () => void {
  const original = Object.getOwnPropertyDescriptor(holder, name);
  Object.defineProperty(holder, name, { configurable: true, writable: true, value: replacement });
  return () => {
    if (original === undefined) Reflect.deleteProperty(holder, name);
    else Object.defineProperty(holder, name, original);
  };
}
