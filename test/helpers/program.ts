import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';

export type ProgramName = 'producer' | 'consumer' | 'ctl';

/** A program of the project as a process of its own, ended with the test at the latest. */
export class Program {
  readonly #child: ChildProcess;
  readonly #http: string;
  #output = '';

  /** Settings as PORT_TICKER_ variables, without the prefix. */
  static async start(
    t: Pick<TestContext, 'after'>,
    name: ProgramName,
    settings: Readonly<Record<string, string>>,
    args: string[] = [],
  ): Promise<Program> {
    const port = await freePort();
    const program = new Program(name, port, settings, args);
    t.after(() => program.kill());
    return program;
  }

  private constructor(
    name: ProgramName,
    port: number,
    settings: Readonly<Record<string, string>>,
    args: string[],
  ) {
    const variables = {
      CONSUMER_HTTP_PORT: String(port),
      PRODUCER_HTTP_PORT: String(port),
      ...settings,
    };
    const env = Object.fromEntries(
      Object.entries(variables).map(([key, value]) => [`PORT_TICKER_${key}`, value]),
    );
    const main = new URL(`../../src/${name}/main.ts`, import.meta.url).pathname;
    this.#http = `http://127.0.0.1:${port}`;
    this.#child = spawn(process.execPath, [main, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it has printed so far, on stdout and stderr. */
  get output(): string {
    return this.#output;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The answer to a GET request as text; empty while it does not answer with 200. */
  async get(path: string): Promise<string> {
    try {
      const response = await fetch(this.#http + path, { signal: AbortSignal.timeout(5000) });
      const text = await response.text();
      return response.ok ? text : '';
    } catch {
      return '';
    }
  }

  /** Waits until /readyz says so. */
  async ready(deadline = 30_000): Promise<void> {
    await this.until('it is ready', async () => (await this.get('/readyz')) !== '', deadline);
  }

  /** Waits for a condition, and fails with what the program has printed. */
  async until(what: string, condition: () => boolean | Promise<boolean>, deadline = 15_000): Promise<void> {
    try {
      await eventually(what, condition, deadline);
    } catch (cause) {
      throw new Error(`${cause instanceof Error ? cause.message : cause}; it printed:\n${this.#output}`);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits for its end and returns the exit code, null after a signal. */
  async exit(): Promise<number | null> {
    if (this.isRunning) await once(this.#child, 'close');
    return this.#child.exitCode;
  }

  /** Asks it to stop in good order and returns the exit code. */
  async stop(): Promise<number | null> {
    this.signal('SIGTERM');
    return this.exit();
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exit();
  }
}
