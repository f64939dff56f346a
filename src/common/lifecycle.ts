import { describe, exitCodeOf } from './errors.ts';
import { createLogger, type Logger } from './logger.ts';
import type { LogSettings } from './settings/fragments.ts';
import type { Program } from './settings/help.ts';
import { loadSettings } from './settings/load.ts';
import type { Schema } from './settings/schema.ts';

/** A stop takes at most this long, whatever hangs; ms. */
const stopDeadline = 9_000;

/** A string that it returns or resolves to is told in the last line of the log. */
type Close = () => unknown;

/** Owns what a process has started, and ends it: once, in reverse order. */
export interface Lifecycle {
  /** Has `close` called when the process stops, and waits for it. */
  own(name: string, close: Close): void;
  /** Aborted when the process begins to stop: for waits and loops. */
  readonly stopping: AbortSignal;
  /** Stops the process because of an error that it cannot live with: one line on stderr and the error's exit code. */
  fail(error: unknown): void;
  /** Stops the process with exit code 0. */
  stop(reason: string): void;
}

export interface Context<T> {
  settings: T;
  logger: Logger;
  lifecycle: Lifecycle;
}

/**
 * Runs a program: reads its settings, answers --help and --version, starts it, and stops it on SIGTERM, SIGINT
 * or a fatal error. `start` owns what it starts through the lifecycle, so that a failed start is undone too.
 */
export async function runProcess<T extends LogSettings>(
  program: Program,
  schema: Schema<T>,
  start: (context: Context<T>) => Promise<void>,
): Promise<void> {
  try {
    const loaded = loadSettings(program, schema);
    if ('answer' in loaded) {
      process.stdout.write(loaded.answer);
      return;
    }
    const logger = createLogger({ level: loaded.settings.log.level, name: program.name });
    for (const warning of loaded.warnings) logger.warn(warning);
    await live(loaded.settings, logger, start);
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}

async function live<T>(
  settings: T,
  logger: Logger,
  start: (context: Context<T>) => Promise<void>,
): Promise<void> {
  const lifecycle = new ProcessLifecycle(logger);
  const onSignal = (signal: NodeJS.Signals) => lifecycle.stop(signal);
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  process.on('uncaughtException', (error) => lifecycle.fail(error));
  process.on('unhandledRejection', (error) => lifecycle.fail(error));
  try {
    await start({ settings, logger, lifecycle });
  } catch (error) {
    lifecycle.fail(error);
  }
}

class ProcessLifecycle implements Lifecycle {
  readonly #logger: Logger;
  readonly #owned: { name: string; close: Close }[] = [];
  readonly #abort = new AbortController();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get stopping(): AbortSignal {
    return this.#abort.signal;
  }

  own(name: string, close: Close): void {
    this.#owned.push({ name, close });
  }

  stop(reason: string): void {
    if (this.stopping.aborted) return;
    this.#logger.info(`stopping: ${reason}`);
    void this.#end(0);
  }

  fail(error: unknown): void {
    if (this.stopping.aborted) {
      this.#logger.debug({ err: error }, 'failed while stopping');
      return;
    }
    process.stderr.write(`${describe(error)}\n`);
    this.#logger.debug({ err: error }, 'fatal');
    void this.#end(exitCodeOf(error));
  }

  async #end(exitCode: number): Promise<void> {
    const notes: string[] = [];
    let closing = 'nothing';
    setTimeout(() => {
      this.#logger.warn(`${closing} did not stop in time and was cut off`);
      process.exit(exitCode);
    }, stopDeadline);
    this.#abort.abort();
    for (let last = this.#owned.pop(); last !== undefined; last = this.#owned.pop()) {
      closing = last.name;
      try {
        const note = await last.close();
        if (typeof note === 'string') notes.push(note);
      } catch (error) {
        this.#logger.warn(`closing ${last.name}: ${describe(error)}`);
      }
    }
    this.#logger.info(['stopped', ...notes].join('; '));
    process.exit(exitCode);
  }
}
