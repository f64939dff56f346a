import { drawDistinct, type Random } from './random.ts';

/** What is put in the place of bytes: block counts and lengths of every size, endless and negative numbers. */
const splices = [
  varint(2n ** 52n),
  varint(2n ** 31n),
  varint(65_536n),
  varint(-1n),
  varint(-(2n ** 40n)),
  Buffer.concat([varint(-6n), varint(2n ** 50n)]), // an array's block with its size
  Buffer.alloc(2_000, 0xff), // a number without end
  Buffer.alloc(10, 0xff),
  Buffer.alloc(300),
];

/** Framings of nobody's schema, and of a registry's that this program does not know. */
const framings = [
  Buffer.from('c3010000000000000000', 'hex'),
  Buffer.from('c301ffffffffffffffff', 'hex'),
  Buffer.from('000000004d', 'hex'),
  Buffer.from('00ffffffff', 'hex'),
  Buffer.from('c301', 'hex'),
  Buffer.alloc(0),
];

/** Near misses of well-formed records, without end. */
export function* mutatedRecords(random: Random, wellFormed: readonly Buffer[]): Generator<Buffer> {
  for (;;) {
    const record = wellFormed[Math.floor(random() * wellFormed.length)];
    if (record === undefined) throw new Error('nothing to mutate');
    yield mutated(record, random);
  }
}

function mutated(record: Buffer, random: Random): Buffer {
  const below = (limit: number) => Math.floor(random() * limit);
  switch (below(6)) {
    case 0: {
      const copy = Buffer.from(record);
      for (const at of drawDistinct(random, 1 + below(3), copy.length, () => false)) copy[at] = below(256);
      return copy;
    }
    case 1:
      return record.subarray(0, below(record.length + 1));
    case 2:
      return Buffer.concat([record, Buffer.from(Array.from({ length: 1 + below(50) }, () => below(256)))]);
    case 3:
      return Buffer.concat([framings[below(framings.length)] ?? Buffer.alloc(0), record.subarray(10)]);
    default: {
      const at = below(record.length);
      const splice = splices[below(splices.length)] ?? Buffer.alloc(0);
      return Buffer.concat([record.subarray(0, at), splice, record.subarray(at + below(4))]);
    }
  }
}

/** A number as Avro writes it: zigzag, seven bits a byte, the lowest first. */
export function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value >= 0n ? value * 2n : value * -2n - 1n;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
