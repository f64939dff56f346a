import type { AvroCodec } from '../common/avro.ts';
import { type PortScanEvent, type Reason, reasons } from '../common/event.ts';

/** Room for so many bytes of events at first; it grows. */
const firstRoom = 65_536;
/** Digits of a variable-length integer that are written as a 32-bit number: four of seven bits each. */
const lowDigits = 2 ** 28;
/** Bytes of the longest header, sensor id and epoch. */
const maxPrefix = 128;

/**
 * Writes events as `AvroCodec` does with schemas/port-scan-event.avsc, byte for byte, but into one buffer for a batch and
 * with every field in its place in the code: several times as fast. A flood makes many of them.
 */
export class EventEncoder {
  readonly #codec: Pick<AvroCodec<PortScanEvent>, 'header'>;
  /** Written anew for each batch. */
  #scratch = new Uint8Array(firstRoom);

  constructor(codec: Pick<AvroCodec<PortScanEvent>, 'header'>) {
    this.#codec = codec;
  }

  /**
   * One value for each event, all in one new buffer: a client that was let go may still hold those of earlier batches.
   * Precondition: all are of one sensor and epoch.
   */
  encode(events: readonly PortScanEvent[]): Buffer[] {
    const prefix = this.#prefix(events[0]);
    const ends: number[] = [];
    let end = 0;
    for (const event of events) {
      end = this.#append(event, prefix, end);
      ends.push(end);
    }
    const batch = Buffer.from(this.#scratch.subarray(0, end));
    return ends.map((to, index) => batch.subarray(ends[index - 1] ?? 0, to));
  }

  /** What all begin with: the header, and the first two fields. */
  #prefix(event: PortScanEvent | undefined): Uint8Array {
    const { header } = this.#codec;
    if (event === undefined) return header;
    const prefix = new Uint8Array(maxPrefix);
    prefix.set(header);
    const end = putText(prefix, putText(prefix, header.length, event.sensor), event.epoch);
    return prefix.subarray(0, end);
  }

  #append(event: PortScanEvent, prefix: Uint8Array, begin: number): number {
    if (this.#scratch.length - begin < maxPrefix) this.#grow(begin);
    this.#scratch.set(prefix, begin);
    const end = putEvent(this.#scratch, begin + prefix.length, event);
    if (end <= this.#scratch.length) return end;
    this.#grow(begin);
    return this.#append(event, prefix, begin);
  }

  /** Keeps what lies before `end`. */
  #grow(end: number): void {
    const larger = new Uint8Array(2 * this.#scratch.length);
    larger.set(this.#scratch.subarray(0, end));
    this.#scratch = larger;
  }
}

/**
 * What follows the prefix, field by field as the schema has them: PORT_TICKER_WRITE_DOCS=1 node --test
 * test/unit/event-types.test.ts writes it anew. As all below returns where it ends, if need be beyond `into`.
 */
function putEvent(into: Uint8Array, begin: number, event: PortScanEvent): number {
  let at = begin;
  at = putOptionalLong(into, at, event.sequence);
  at = putLong(into, at, event.drops);
  at = putReason(into, at, event.reason);
  at = putLong(into, at, event.time);
  at = putText(into, at, event.source);
  at = putLong(into, at, event.episode);
  at = putLong(into, at, event.changeCount);
  at = putLong(into, at, event.threshold);
  at = putLong(into, at, event.distinctPorts);
  at = putLongs(into, at, event.ports);
  at = putLong(into, at, event.lastChange);
  at = putOptionalText(into, at, event.device);
  at = putOptionalLong(into, at, event.vlan);
  at = putOptionalText(into, at, event.destination);
  at = putOptionalLong(into, at, event.sourcePort);
  at = putOptionalLong(into, at, event.destinationPort);
  at = putOptionalLong(into, at, event.protocol);
  at = putOptionalLong(into, at, event.tcpFlags);
  at = putTexts(into, at, event.kinds);
  at = putOptionalText(into, at, event.tool);
  at = putLong(into, at, event.score);
  at = putLong(into, at, event.closedPorts);
  at = putLong(into, at, event.openPorts);
  at = putLong(into, at, event.targets);
  at = putBoolean(into, at, event.verdict);
  return at;
}

function putReason(into: Uint8Array, at: number, reason: Reason): number {
  return putLong(into, at, reasons.indexOf(reason));
}

function putBoolean(into: Uint8Array, at: number, value: boolean): number {
  into[at] = value ? 1 : 0;
  return at + 1;
}

/** A union of null and something: 0 and nothing, or 1 and the thing, both zigzag. */
const absent = 0;
const present = 2;

function putOptionalLong(into: Uint8Array, at: number, value: number | null): number {
  into[at] = value === null ? absent : present;
  return value === null ? at + 1 : putLong(into, at + 1, value);
}

function putOptionalText(into: Uint8Array, at: number, value: string | null): number {
  into[at] = value === null ? absent : present;
  return value === null ? at + 1 : putText(into, at + 1, value);
}

/** An array is one block with all items, then the end; an empty one is the end alone. */
function putLongs(into: Uint8Array, begin: number, items: readonly number[]): number {
  let at = items.length > 0 ? putLong(into, begin, items.length) : begin;
  for (let index = 0; index < items.length; index += 1) at = putLong(into, at, items[index] ?? 0);
  into[at] = 0;
  return at + 1;
}

function putTexts(into: Uint8Array, begin: number, items: readonly string[]): number {
  let at = items.length > 0 ? putLong(into, begin, items.length) : begin;
  for (let index = 0; index < items.length; index += 1) at = putText(into, at, items[index] ?? '');
  into[at] = 0;
  return at + 1;
}

/** Avro's int and long: zigzag, then seven bits a byte, the lowest first. Precondition: an integer below 2^52. */
function putLong(into: Uint8Array, at: number, value: number): number {
  if (value >= 0 && value < 64) {
    into[at] = value << 1;
    return at + 1;
  }
  const zigzag = value < 0 ? -2 * value - 1 : 2 * value;
  if (zigzag < lowDigits) return putDigits(into, at, zigzag);
  const high = Math.floor(zigzag / lowDigits); // below 2^25
  const low = zigzag - high * lowDigits;
  into[at] = low | 0x80;
  into[at + 1] = (low >>> 7) | 0x80;
  into[at + 2] = (low >>> 14) | 0x80;
  into[at + 3] = (low >>> 21) | 0x80;
  return putDigits(into, at + 4, high);
}

function putDigits(into: Uint8Array, begin: number, value: number): number {
  let at = begin;
  let rest = value;
  while (rest >= 0x80) {
    into[at] = rest | 0x80;
    rest >>>= 7;
    at += 1;
  }
  into[at] = rest;
  return at + 1;
}

function putText(into: Uint8Array, begin: number, text: string): number {
  const { length } = text;
  const at = putLong(into, begin, length);
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 0x80) return putUtf8(into, begin, text);
    into[at + index] = code;
  }
  return at + length;
}

function putUtf8(into: Uint8Array, begin: number, text: string): number {
  const bytes = Buffer.from(text);
  const at = putLong(into, begin, bytes.length);
  for (const [index, byte] of bytes.entries()) into[at + index] = byte;
  return at + bytes.length;
}
