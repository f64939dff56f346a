import { isSilence } from './within.ts';

/**
 * Whether a part of the process gets on with its work, for /healthz. Kafka that refuses or cannot be reached is no
 * stall: that is known, said, and tried again. A stall is a client that says nothing at all.
 */
export class Progress {
  #isStalled = false;

  /** True from a stall until something works again. */
  get isStalled(): boolean {
    return this.#isStalled;
  }

  /** To be called whenever something has worked. */
  made(): void {
    this.#isStalled = false;
  }

  /** To be told of every failure that the client was given up for. */
  failed(error: unknown): void {
    if (isSilence(error)) this.#isStalled = true;
  }
}
