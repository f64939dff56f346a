import { createRequire } from 'node:module';

/** What is used of kafkajs' internals. */
interface Decoder {
  offset: number;
  readVarInt(): number;
  readVarIntArray(reader: unknown): unknown[];
}

/** More than anybody writes into a record; ours have eight at most. */
const mostHeaders = 32;

const require = createRequire(import.meta.url);

/**
 * kafkajs copies all headers of a record once for each of them: a record of 60 kB with 10 000 headers holds up the whole
 * process for a minute. With this such a record throws, and its batch counts as one that cannot be unpacked.
 */
export function refuseManyHeaders(): void {
  const { prototype }: { prototype: Decoder } = require('kafkajs/src/protocol/decoder');
  const original = prototype.readVarIntArray; // nothing but headers is read by it
  if (original.name === 'ofBoundedLength') return;
  prototype.readVarIntArray = function ofBoundedLength(this: Decoder, reader) {
    const start = this.offset;
    if (this.readVarInt() > mostHeaders) throw new Error(`a record has more than ${mostHeaders} headers`);
    this.offset = start;
    return original.call(this, reader);
  };
}
