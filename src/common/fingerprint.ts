import type { Type } from 'avsc';

/** The fingerprint of the empty text; also the polynomial, as the Avro specification writes it. */
const empty = 0xc15d213aa4d7a795n;

const table = Array.from({ length: 256 }, (_, byte) => {
  let value = BigInt(byte);
  for (let bit = 0; bit < 8; bit += 1) value = (value >> 1n) ^ (value & 1n ? empty : 0n);
  return value;
});

/** CRC-64-AVRO of a schema's Parsing Canonical Form. */
export function fingerprint(type: Type): bigint {
  let value = empty;
  for (const byte of Buffer.from(JSON.stringify(type.schema()))) {
    value = (value >> 8n) ^ (table[Number(value & 0xffn) ^ byte] ?? 0n);
  }
  return value;
}
