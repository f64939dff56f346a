import type { TickerError } from '../common/errors.ts';
import { silence } from '../common/within.ts';

/** Waits for signs of life, and tells when none has come for too long. Whoever makes it closes it. */
export class Vigil {
  readonly #timer: NodeJS.Timeout;

  /** `deadline` in ms; `onSilence` is called with SILENT, which names who was waited for. */
  constructor(deadline: number, who: string, onSilence: (error: TickerError) => void) {
    this.#timer = setTimeout(() => onSilence(silence(who, deadline)), deadline);
  }

  hear(): void {
    this.#timer.refresh();
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
