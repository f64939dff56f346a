import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { TickerError } from '../../common/errors.ts';

/** The path itself when it exists, else the nearest directory above it that does. Throws NOT_ALLOWED. */
export function nearestExisting(path: string): string {
  for (let existing = path; ; existing = dirname(existing)) {
    if (exists(existing)) return existing;
  }
}

/** Throws NOT_ALLOWED. */
export function exists(path: string): boolean {
  return looking(path, () => lstatSync(path, { throwIfNoEntry: false }) !== undefined);
}

/** What is found in a file system that only some may look into. Throws NOT_ALLOWED. */
export function looking<T>(path: string, look: () => T): T {
  try {
    return look();
  } catch (cause) {
    throw new TickerError(`cannot look at ${path}`, {
      code: 'NOT_ALLOWED',
      remedy: 'run doctor as root, or as the user that the producer has',
      cause,
    });
  }
}
