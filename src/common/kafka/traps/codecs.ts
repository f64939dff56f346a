import { promisify } from 'node:util';
import zlib from 'node:zlib';
import kafkajs from 'kafkajs';
import { TickerError } from '../../errors.ts';

/** A batch of records that is larger than this when it is unpacked is none of ours; bytes. */
const maxOutputLength = 64 * 1024 * 1024;

/** snappy-java's framing: this mark, two versions of 4 bytes, then blocks with their length before them. */
const xerialMark = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const xerialHeader = 16;

const gunzip = promisify(zlib.gunzip);
const zstdDecompress = promisify(zlib.zstdDecompress);

/** Lets kafkajs read what other clients compress, with bounds on what it unpacks to. Nothing is written compressed. */
export function registerCodecs(): void {
  const { GZIP, Snappy, LZ4, ZSTD } = kafkajs.CompressionTypes;
  const codecs = kafkajs.CompressionCodecs;
  codecs[GZIP] = () => reader((packed) => gunzip(packed, { maxOutputLength }));
  codecs[ZSTD] = () => reader((packed) => zstdDecompress(packed, { maxOutputLength }));
  codecs[Snappy] = () => reader(unsnappy);
  codecs[LZ4] = () => reader(unlz4);
}

function reader(decompress: (packed: Buffer) => Promise<Buffer>) {
  return { decompress, compress: () => Promise.reject(new Error('nothing is written compressed')) };
}

async function unsnappy(packed: Buffer): Promise<Buffer> {
  const blocks = packed.subarray(0, xerialMark.length).equals(xerialMark)
    ? [...xerialBlocks(packed)]
    : [packed];
  const total = blocks.reduce((sum, block) => sum + snappyLength(block), 0);
  if (total > maxOutputLength) throw tooLarge();
  // Loaded when the first such batch comes: most processes never see one.
  const { uncompress } = await import('snappy');
  const outputs = await Promise.all(blocks.map((block) => uncompress(block, { asBuffer: true })));
  return Buffer.concat(outputs.map((output) => Buffer.from(output)));
}

function* xerialBlocks(packed: Buffer): Generator<Buffer> {
  for (let at = xerialHeader; at < packed.length; ) {
    const length = packed.readInt32BE(at);
    at += 4;
    yield packed.subarray(at, at + length);
    at += length;
  }
}

/** What a block says it unpacks to: a varint at its beginning; bytes. */
function snappyLength(block: Buffer): number {
  let length = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = block[index] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) break;
  }
  return length;
}

/** LZ4 unpacks to 255 times its size at most, so that a batch of 1 MB needs no bound before. */
async function unlz4(packed: Buffer): Promise<Buffer> {
  const { decompressFrame } = await import('lz4-napi');
  const output = await decompressFrame(packed);
  if (output.length > maxOutputLength) throw tooLarge();
  return output;
}

function tooLarge(): TickerError {
  return new TickerError(`a batch of records unpacks to more than ${maxOutputLength} bytes`, {
    code: 'DECODE',
    remedy: 'find out who writes foreign records to this topic',
  });
}
