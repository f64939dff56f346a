import { isFloor } from '../../common/event.ts';
import type { Change } from '../live-report.ts';

export interface Point {
  /** ms since 1970. */
  at: number;
  count: number;
}

/** With the points of each, at most 10 MB. */
const sourcesKept = 4_096;
const pointsKept = 64;

/** How the counts of the rows that changed last have grown, as far as this process has seen it. */
export class History {
  /** By row, the one that changed longest ago first. */
  readonly #episodes = new Map<string, { episode: number; points: Point[] }>();

  see({ key, entry, changedAt }: Change): void {
    if (entry === null || isFloor(entry)) {
      this.#episodes.delete(key);
      return;
    }
    const held = this.#episodes.get(key);
    if (held !== undefined && held.episode > entry.episode) return;
    const isSame = held?.episode === entry.episode;
    if (isSame && entry.changeCount <= (held.points.at(-1)?.count ?? -1)) return;
    const points = isSame ? held.points : [];
    points.push({ at: changedAt, count: entry.changeCount });
    this.#episodes.delete(key);
    this.#episodes.set(key, { episode: entry.episode, points: thinned(points) });
    if (this.#episodes.size > sourcesKept) this.#forgetOldest();
  }

  /** In the order of time. */
  of(key: string): readonly Point[] {
    return this.#episodes.get(key)?.points ?? [];
  }

  #forgetOldest(): void {
    for (const key of this.#episodes.keys()) {
      this.#episodes.delete(key);
      return;
    }
  }
}

/** Every second point, when there are too many: a longer history is a coarser one. */
function thinned(points: Point[]): Point[] {
  return points.length <= pointsKept ? points : points.filter((_, index) => index % 2 === 0);
}
