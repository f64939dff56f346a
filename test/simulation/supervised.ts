import { type Clock, Process } from './clock.ts';

/** A process, as far as who starts and ends it has to know it. */
export interface Program {
  /** Rejects when the process ends by itself. */
  run(): Promise<void>;
  stop(): Promise<void>;
}

/** A stop may take so long, then the process is cut off; ms. */
const stopDeadline = 9_000;

/** Keeps one program running as a service manager does: after each end it is started again. */
export class Supervised<T extends Program> {
  readonly #clock: Clock;
  readonly name: string;
  readonly #make: (process: string) => T;
  readonly #onFailure: (process: string, error: unknown) => void;
  #process: Process | undefined;
  #starts = 0;
  #isStopping = false;
  /** The program that runs now. */
  program: T | undefined;

  constructor(
    clock: Clock,
    name: string,
    make: (process: string) => T,
    onFailure: (process: string, error: unknown) => void,
  ) {
    this.#clock = clock;
    this.name = name;
    this.#make = make;
    this.#onFailure = onFailure;
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  start(): void {
    if (this.#process !== undefined) return;
    this.#starts += 1;
    const process = new Process(`${this.name}#${this.#starts}`);
    this.#process = process;
    this.#isStopping = false;
    const begin = () => {
      const program = this.#make(process.name);
      this.program = program;
      program.run().catch((error: unknown) => {
        if (!this.#isStopping) this.#onFailure(process.name, error);
      });
    };
    this.#clock.after(0, begin, process);
  }

  /** SIGKILL: whatever it is doing, it does nothing more. */
  kill(): void {
    if (this.#process !== undefined) this.#process.isDead = true;
    this.#process = undefined;
    this.program = undefined;
  }

  /** SIGSTOP, and SIGCONT after so many ms. */
  pause(duration: number): void {
    if (this.#process !== undefined) this.#process.pausedUntil = this.#clock.now + duration;
  }

  resume(): void {
    if (this.#process !== undefined) this.#process.pausedUntil = 0;
  }

  /** SIGTERM, of which a program hears the first; after the deadline SIGKILL. `then` is called when it has ended. */
  stop(then: () => void): void {
    const process = this.#process;
    if (process === undefined || this.#isStopping) return;
    const end = () => {
      if (this.#process !== process) return;
      this.kill();
      then();
    };
    this.#isStopping = true;
    this.#clock.after(
      0,
      () => void this.program?.stop().then(() => this.#clock.after(0, end, null)),
      process,
    );
    this.#clock.after(stopDeadline, end, null);
  }
}
