import type { Writable } from 'node:stream';

/** Server-sent events to one client. Whoever sends has to stop while it is full: nothing else bounds what is kept. */
export class Outlet {
  readonly #response: Writable;
  #fullSince: number | undefined;

  /** `onDrain` is called when it is not full any more. */
  constructor(response: Writable, onDrain: () => void) {
    this.#response = response;
    response.on('drain', () => {
      this.#fullSince = undefined;
      onDrain();
    });
    response.on('error', () => undefined); // a close follows
  }

  get isFull(): boolean {
    return this.#fullSince !== undefined;
  }

  /** How long it has been full; ms. */
  fullFor(now: number): number {
    return this.#fullSince === undefined ? 0 : now - this.#fullSince;
  }

  /** An event with its data as JSON, and the id that the client resumes from. */
  send(event: string, data: string, id?: string): void {
    const idLine = id === undefined ? '' : `id: ${id}\n`;
    const hasRoom = this.#response.write(`event: ${event}\n${idLine}data: ${data}\n\n`);
    if (!hasRoom) this.#fullSince ??= Date.now();
  }

  close(): void {
    this.#response.destroy();
  }
}
