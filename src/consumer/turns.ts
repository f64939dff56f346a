/** Rows of the report, each of which takes some ten µs, whatever is done with it. */
const portionSize = 200;

/** Those who wait for a turn, the first one first. */
const waiting: (() => void)[] = [];

/**
 * Resolves in a turn of the event loop that is nobody else's who asks here. Long work that is done in short pieces, each
 * behind a turn, holds up the rest of the process for one piece at most, however many do such work at the same time.
 */
export function turn(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.push(resolve);
  if (waiting.length === 1) setImmediate(giveTurn);
  return promise;
}

/** The items in portions, each behind a turn of those above or of others; the next one is made when it is asked for. */
export async function* inPortions<T>(
  items: Iterable<T>,
  nextTurn: () => Promise<unknown> = turn,
): AsyncGenerator<readonly T[]> {
  const rest = items[Symbol.iterator]();
  for (;;) {
    await nextTurn();
    const portion: T[] = [];
    while (portion.length < portionSize) {
      const { done, value } = rest.next();
      if (done === true) break;
      portion.push(value);
    }
    if (portion.length > 0) yield portion;
    if (portion.length < portionSize) return;
  }
}

function giveTurn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(giveTurn);
}
