import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Cleanup } from './cleanup.ts';
import { eventually } from './eventually.ts';
import { type Program, startProgram } from './program.ts';

/** The producer or the consumer as a process of its own, with its HTTP side. Killed with the test. */
export class Service {
  readonly program: Program;
  #url = '';

  /** Settings as PORT_TICKER_ variables, without the prefix; `wrapper` as in startProgram; `root` of another build. */
  constructor(
    t: Cleanup,
    name: 'producer' | 'consumer',
    settings: Readonly<Record<string, string>>,
    args: readonly string[] = [],
    wrapper: readonly string[] = [],
    root = '',
  ) {
    const all = { [`${name.toUpperCase()}_HTTP_PORT`]: '0', ...settings };
    const env = Object.fromEntries(Object.entries(all).map(([key, value]) => [`PORT_TICKER_${key}`, value]));
    // What is built is measured, so it compiles as it does where it is installed.
    if (root !== '') env['NODE_DISABLE_COMPILE_CACHE'] = '1';
    const main = join(root, `src/${name}/main`);
    const script = existsSync(`${main}.js`) ? `${main}.js` : `${main}.ts`;
    this.program = startProgram(t, script, args, env, wrapper);
  }

  /** "http://127.0.0.1:8480", once it serves. */
  get url(): string {
    return this.#url;
  }

  /** The answer to a GET request as text; empty while it does not answer with 200. */
  async get(path: string): Promise<string> {
    try {
      const response = await fetch(this.#url + path, { signal: AbortSignal.timeout(5000) });
      const text = await response.text();
      return response.ok ? text : '';
    } catch {
      return '';
    }
  }

  /** Waits until it serves HTTP. */
  async serving(): Promise<void> {
    this.#url = (await this.program.says(/http:\/\/[\d.]+:\d+/))[0];
  }

  /** Waits until /readyz says so; `deadline` in ms. */
  async ready(deadline = 30_000): Promise<void> {
    await this.serving();
    await this.until('it is ready', async () => (await this.get('/readyz')) !== '', deadline);
  }

  /** Waits for a condition, and fails with what the program has printed. */
  async until(what: string, condition: () => boolean | Promise<boolean>, deadline = 15_000): Promise<void> {
    try {
      await eventually(what, condition, deadline);
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${message}; it printed:\n${this.program.stdout}${this.program.stderr}`);
    }
  }

  /** Asks it to stop in good order and returns the exit code. */
  async stop(): Promise<number | null> {
    this.program.kill('SIGTERM');
    return this.program.exit();
  }

  /** Ends it as a crash does. */
  async crash(): Promise<void> {
    this.program.kill('SIGKILL');
    await this.program.exit();
  }
}
