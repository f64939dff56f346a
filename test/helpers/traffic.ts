import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Cleanup } from './cleanup.ts';
import type { Namespace } from './sandbox.ts';
import type { Actions } from './traffic-child.ts';

const childPath = fileURLToPath(new URL('./traffic-child.ts', import.meta.url));

/** A process in a network namespace that makes connections there, one action at a time. Gone when the test ends. */
export class Traffic {
  readonly #child: ChildProcess;

  constructor(t: Cleanup, namespace: Namespace) {
    // on one CPU, so that what it sends stays in order
    const words = ['taskset', '-c', '0', process.execPath, childPath];
    this.#child = spawn('nsenter', [`--net=${namespace.path}`, ...words], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    t.after(async () => {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
      const exit = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await exit;
    });
  }

  /** Resolves when it is done; what listens goes on doing so. */
  async do<K extends keyof Actions>(action: K, what: Parameters<Actions[K]>[0]): Promise<void> {
    const over = new AbortController();
    const { signal } = over;
    this.#child.send({ action, what });
    const answer: { error?: string } = await Promise.race([
      once(this.#child, 'message', { signal }).then(([message]) => message),
      once(this.#child, 'exit', { signal }).then(() => ({ error: 'the process is gone' })),
    ]);
    over.abort(); // the one that lost listens no longer
    if (answer.error !== undefined) throw new Error(`${action}: ${answer.error}`);
  }
}
