import { createRequire } from 'node:module';

/** What is used of avsc's internals: the reader of primitive values, and how far it has come. */
interface Tap {
  readonly buf: Uint8Array;
  pos: number;
  readLong(): number;
}
type Read = (this: Tap) => unknown;
type ReadArray = (this: unknown, tap: Tap) => unknown;

const require = createRequire(import.meta.url);

/**
 * Lets avsc refuse what claims to be longer than it is, before it makes room for that. The items of all arrays in schemas/
 * take at least a byte each.
 */
export function refuseTruncated(): void {
  refuseReadingBehindTheEnd();
  refuseLongClaims();
}

/**
 * avsc reads zeros behind the end of a record, and sees only afterwards that it was too short. An array that claims
 * a billion items, in a record of a few bytes, takes all memory before: here the first number behind the end throws.
 */
function refuseReadingBehindTheEnd(): void {
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

/** avsc makes room for as many items as the first block of an array claims: here they are as many as bytes are left, at most. */
function refuseLongClaims(): void {
  const { ArrayType }: { ArrayType: { prototype: { _read: ReadArray } } } =
    require('avsc/lib/types').builtins;
  const original = ArrayType.prototype._read;
  if (original.name === 'readBelievable') return;
  ArrayType.prototype._read = function readBelievable(tap) {
    const begin = tap.pos;
    const claimed = Math.abs(tap.readLong()); // negative in front of a block's size
    if (claimed > tap.buf.length - begin) throw new Error('an array claims more items than there are bytes');
    tap.pos = begin;
    return original.call(this, tap);
  };
}
