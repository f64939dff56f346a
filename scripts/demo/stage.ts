import { setTimeout as sleep } from 'node:timers/promises';
import { describe } from '../../src/common/errors.ts';

type Action = () => Promise<unknown>;

/** How long a step may finish before things are taken down around it; ms. */
const patience = 2_000;

/** Puts things up step by step, and takes them down in reverse order. */
export class Stage {
  readonly #actions: Action[] = [];
  readonly #clearing = new AbortController();
  #inHand: Promise<unknown> = Promise.resolve();

  /** Has something done when the stage is cleared. It is what the test helpers ask of a test. */
  after(action: Action): void {
    this.#actions.push(action);
  }

  /** Says what is being done, and does it. When it fails, the error shows the end of its log, then the remedy. */
  async step<T>(what: string, action: () => Promise<T>, remedy = ''): Promise<T> {
    this.#clearing.signal.throwIfAborted();
    process.stdout.write(`${what}\n`);
    const inHand = action();
    this.#inHand = inHand;
    try {
      return await inHand;
    } catch (cause) {
      throw new Error(`This failed:\n  ${lastLines(describe(cause)).join('\n  ')}\n${remedy}`.trimEnd());
    }
  }

  /** Takes everything down, also when a part of that fails; throws the first failure. No step begins any more. */
  async clear(): Promise<void> {
    this.#clearing.abort();
    await Promise.race([this.#inHand.catch(() => {}), sleep(patience, undefined, { ref: false })]);
    const failures: unknown[] = [];
    for (let action = this.#actions.pop(); action !== undefined; action = this.#actions.pop()) {
      await action().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}

function lastLines(text: string): string[] {
  return text.trimEnd().split('\n').slice(-12).map(messageOf);
}

/** What a line says: the programs log JSON into a pipe. */
function messageOf(line: string): string {
  if (!line.startsWith('{')) return line;
  try {
    const { msg }: { msg?: unknown } = JSON.parse(line);
    return typeof msg === 'string' ? msg : line;
  } catch {
    return line;
  }
}
