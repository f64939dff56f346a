import type { Process } from './clock.ts';

/** Something to be done at a time (ms since 1970), as a turn of its owner. */
export interface Task {
  readonly at: number;
  readonly owner: Process | null;
  readonly action: () => void;
  cancel(): void;
}

interface Entry extends Task {
  order: number;
  isCancelled: boolean;
}

/** Tasks by time, those of one time in the order in which they were added: a binary heap. */
export class Queue {
  readonly #heap: Entry[] = [];
  #added = 0;

  add(at: number, action: () => void, owner: Process | null): Task {
    const entry: Entry = {
      at,
      owner,
      action,
      order: this.#added,
      isCancelled: false,
      cancel() {
        entry.isCancelled = true;
      },
    };
    this.#added += 1;
    this.#rise(entry);
    return entry;
  }

  /** Takes out the first task, if it is due at `end` or before. */
  next(end: number): Task | undefined {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (first.isCancelled) {
        this.#removeFirst();
        continue;
      }
      if (first.at > end) return undefined;
      this.#removeFirst();
      return first;
    }
    return undefined;
  }

  #rise(entry: Entry): void {
    let index = this.#heap.push(entry) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || isBefore(parent, entry)) break;
      this.#heap[index] = parent;
      index = above;
    }
    this.#heap[index] = entry;
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const [a, b] = [this.#heap[left], this.#heap[left + 1]];
      if (a === undefined) break;
      const child = b !== undefined && isBefore(b, a) ? b : a;
      if (isBefore(last, child)) break;
      this.#heap[index] = child;
      index = child === a ? left : left + 1;
    }
    this.#heap[index] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
