import { persist } from '../../src/common/persist.ts';
import { silent } from './topics.ts';

/** Repeats what a broker refuses in the first moments of a topic or a group; at most 20 s. */
export async function persistently<T>(action: () => Promise<T>): Promise<T> {
  return persist(action, { what: 'a test', logger: silent, signal: AbortSignal.timeout(20_000) });
}
