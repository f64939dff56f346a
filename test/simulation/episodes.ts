import type { Epoch } from '../../xdp/addon/addon.d.ts';

/** A source in the table; first and last are ticks. */
export interface Source {
  address: string;
  slot: number;
  epoch: Epoch;
  changes: number;
  first: number;
  last: number;
  /** The count last published; 0: none. */
  reported: number;
}

/** What is true of a source: its newest episode that has exceeded the threshold. */
export interface Truth {
  source: Source;
  /** False when its last count need not be known: it was lost, as the drop counter says, or the threshold was raised. */
  isCertain: boolean;
}

/** What the kernel knows for certain, whatever of it has been told. */
export class Episodes {
  readonly #newest = new Map<string, Truth>();

  get newest(): ReadonlyMap<string, Truth> {
    return this.#newest;
  }

  /** Its count goes on growing in the source itself. */
  exceeds(source: Source): void {
    if (this.#newest.get(source.address)?.source !== source) {
      this.#newest.set(source.address, { source, isCertain: true });
    }
  }

  leaveOpen(source: Source): void {
    if (this.#newest.get(source.address)?.source !== source) return;
    this.#newest.set(source.address, { source, isCertain: false });
  }

  /** A reset: what was before is no more. */
  forget(address: string): void {
    this.#newest.delete(address);
  }
}

/** As events and rows state it, ms since 1970. */
export function episodeOf({ first, epoch }: Pick<Source, 'first' | 'epoch'>): number {
  return Math.round(epoch.bornTime + ((first - epoch.bornTick) * 1000) / epoch.ticksPerSecond);
}
