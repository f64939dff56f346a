import type { Attachment, Epoch } from '../../xdp/addon/addon.d.ts';

/** The devices that a sensor has been attached to, by their index: events may speak of those that are gone. */
export class DeviceNames {
  readonly #names = new Map<number, string>();
  readonly #isComplete: boolean;

  /** Of an epoch that was found pinned, earlier processes may have watched others. */
  constructor({ resumed }: Pick<Epoch, 'resumed'>) {
    this.#isComplete = !resumed;
  }

  note({ ifindex, device }: Pick<Attachment, 'ifindex' | 'device'>): void {
    this.#names.set(ifindex, device);
  }

  nameOf(ifindex: number): string | null {
    return this.#names.get(ifindex) ?? null;
  }

  /** Where everything in this epoch was counted; null when that may have been at several devices. */
  get only(): string | null {
    if (!this.#isComplete) return null;
    const [name = null, ...others] = new Set(this.#names.values());
    return others.length === 0 ? name : null;
  }
}
