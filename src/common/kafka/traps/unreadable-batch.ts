import { createRequire } from 'node:module';

/** What is used of kafkajs' internals. */
interface Decoder {
  readonly buffer: Buffer;
  offset: number;
}

interface RecordBatch {
  firstOffset: string;
  lastOffsetDelta: number;
  maxTimestamp: string;
  isControlBatch: boolean;
  records: object[];
}

type DecodeBatch = (decoder: Decoder) => Promise<RecordBatch>;

/** What can be said of a batch that cannot be unpacked. */
export interface UnreadableBatch {
  firstOffset: string;
  /** As its header says. */
  records: number;
  why: string;
  /** All of it, as it lies in the log. */
  bytes: Buffer;
}

/** Layout of a batch: FirstOffset 8, Length 4, LeaderEpoch 4, Magic 1, CRC 4, Attributes 2, … Count 4, Records. */
const headerSize = 61;
const lengthAt = 8;
const attributesAt = 21;
const countAt = 57;
const compressionMask = 0x07;
/** kafkajs hands over the records of a batch as arguments of one call, which the stack limits. */
const mostRecords = 65_536;

const require = createRequire(import.meta.url);
/** By the headers of the placeholder: kafkajs hands on this very object. */
const batches = new WeakMap<object, UnreadableBatch>();

/** The batch that a record is only a placeholder of, by the record's headers; undefined for a real record. */
export function unreadableBatch(headers: object): UnreadableBatch | undefined {
  return batches.get(headers);
}

/**
 * kafkajs gives up a partition when a batch in it cannot be unpacked: unknown compression, a bomb, foreign bytes.
 * With this such a batch is one record without key and value at its last offset, which every reader passes over.
 * Precondition: nothing has been fetched yet, for kafkajs loads the decoder with the first answer.
 */
export function passUnreadableBatches(): void {
  const path = require.resolve('kafkajs/src/protocol/recordBatch/v0/decoder');
  const original: DecodeBatch = require(path);
  const module = require.cache[path];
  if (module === undefined || original.name === 'orPlaceholder') return;
  module.exports = async function orPlaceholder(decoder: Decoder): Promise<RecordBatch> {
    const start = decoder.buffer.subarray(decoder.offset);
    const size = sizeOf(start);
    const end = decoder.offset + size;
    if (end > decoder.buffer.length) return original(decoder); // says so; the next fetch begins with it
    try {
      const records = start.readInt32BE(countAt);
      if (records > mostRecords) throw new Error(`${records} records are too many for one batch`);
      return await original(decoder);
    } catch (error) {
      decoder.offset = end;
      return placeholder(start.subarray(0, size), error instanceof Error ? error.message : String(error));
    }
  };

  /** The batch as its header describes it. */
  async function placeholder(bytes: Buffer, why: string): Promise<RecordBatch> {
    const header = Buffer.from(bytes.subarray(0, headerSize));
    header.writeInt32BE(headerSize - lengthAt - 4, lengthAt);
    header.writeInt16BE(header.readInt16BE(attributesAt) & ~compressionMask, attributesAt);
    header.writeInt32BE(0, countAt);
    const batch = await original(new DecoderClass(header));
    const headers = {};
    batches.set(headers, {
      firstOffset: batch.firstOffset,
      records: bytes.readInt32BE(countAt),
      why,
      bytes,
    });
    const record = {
      offset: String(BigInt(batch.firstOffset) + BigInt(batch.lastOffsetDelta)),
      timestamp: batch.maxTimestamp,
      key: null,
      value: null,
      headers,
      isControlRecord: batch.isControlBatch,
      batchContext: batch,
    };
    return { ...batch, records: [record] };
  }
}

const DecoderClass: new (buffer: Buffer) => Decoder = require('kafkajs/src/protocol/decoder');

/** Of the batch, in bytes, as far as its header is there. */
function sizeOf(start: Buffer): number {
  return start.length < headerSize ? headerSize : lengthAt + 4 + start.readInt32BE(lengthAt);
}
