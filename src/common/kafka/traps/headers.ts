import type { IHeaders } from 'kafkajs';

/**
 * Headers that were read, to be written again. kafkajs reads a header without a value, which Kafka allows, and throws a
 * TypeError where it is to write one: here its value is empty.
 */
export function writable(headers: IHeaders): IHeaders {
  const valued = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map((each) => each ?? '') : (value ?? ''),
  ]);
  return Object.fromEntries(valued);
}
