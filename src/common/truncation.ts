import { createRequire } from 'node:module';

/** What is used of avsc's internals: the reader of primitive values, and how far it has come. */
interface Tap {
  readonly buf: Uint8Array;
  readonly pos: number;
}
type Read = (this: Tap) => unknown;

const require = createRequire(import.meta.url);

/**
 * avsc reads zeros behind the end of a record, and sees only afterwards that it was too short. An array that claims
 * a billion items, in a record of a few bytes, takes all memory before: here the first number behind the end throws.
 */
export function refuseTruncated(): void {
  const { Tap }: { Tap: { prototype: Record<string, Read> } } = require('avsc/lib/utils');
  for (const name of ['readInt', 'readLong', 'skipInt', 'skipLong']) {
    const original = Tap.prototype[name];
    if (original === undefined) throw new Error(`this version of avsc has no Tap.${name}`);
    if (original.name === 'withinBounds') continue;
    Tap.prototype[name] = function withinBounds(this: Tap) {
      if (this.pos >= this.buf.length) throw new Error('truncated buffer');
      return original.call(this);
    };
  }
}
