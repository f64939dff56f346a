import { isIPv4, isIPv6 } from 'node:net';
import { TickerError } from './errors.ts';

/** A network: `address` has 16 bytes, network order, IPv4 in the first 4; `bits` counts from its beginning. */
export interface Prefix {
  family: 4 | 6;
  bits: number;
  address: Uint8Array;
}

/** Size of a packed prefix in bytes: family, bits, address. */
const packedPrefixSize = 18;

const groups = 8;

/** RFC 5952 text of 16 bytes at `offset`; an IPv4-mapped address as dotted IPv4. */
export function addressText(bytes: Uint8Array, offset = 0): string {
  if (isMapped(bytes, offset)) return dotted(bytes, offset + 12);

  const words: number[] = [];
  for (let index = 0; index < groups; index += 1) {
    words.push(((bytes[offset + 2 * index] ?? 0) << 8) | (bytes[offset + 2 * index + 1] ?? 0));
  }
  const { start, length } = longestZeroRun(words);
  if (length < 2) return hex(words);
  return `${hex(words.slice(0, start))}::${hex(words.slice(start + length))}`;
}

/** Dotted text of an IPv4 address, the first byte the highest. */
export function ipv4Text(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 0xff}.${(word >>> 8) & 0xff}.${word & 0xff}`;
}

/** The 16 bytes of an IPv4 (mapped) or IPv6 address. Throws ADDRESS. */
export function parseAddress(text: string): Uint8Array {
  if (isIPv4(text)) return mapped(text);
  if (isIPv6(text) && !text.includes('%')) return sixteenBytes(text);
  throw new TickerError(`"${text}" is not an IP address`, {
    code: 'ADDRESS',
    remedy: 'write it like 192.0.2.1 or 2001:db8::1',
  });
}

/** Reads ADDRESS/BITS; a bare address is a network of one. Throws ADDRESS, also for bits set behind the prefix. */
export function parsePrefix(text: string): Prefix {
  const [addressPart = '', bitsPart, ...more] = text.split('/');
  const full = parseAddress(addressPart);
  const isV4 = isIPv4(addressPart);
  const width = isV4 ? 32 : 128;
  const bits = bitsPart === undefined ? width : Number(/^\d{1,3}$/.test(bitsPart) ? bitsPart : Number.NaN);
  if (more.length > 0 || !(bits <= width)) {
    throw new TickerError(`"${text}" is not an address prefix`, {
      code: 'ADDRESS',
      remedy: `write ${addressPart}/0 to ${addressPart}/${width}`,
    });
  }
  const prefix = normalised(full, isV4 ? bits + 96 : bits);
  const right = prefixText({ ...prefix, address: masked(prefix.address, prefix.bits) });
  if (right !== prefixText(prefix)) {
    throw new TickerError(`"${text}" has bits set behind the prefix`, {
      code: 'ADDRESS',
      remedy: `did you mean ${right}?`,
    });
  }
  return prefix;
}

/** RFC 5952 text and length: "192.0.2.0/24". */
export function prefixText({ family, bits, address }: Prefix): string {
  return `${family === 4 ? dotted(address, 0) : addressText(address)}/${bits}`;
}

/** Every prefix that covers an address, the longest first. Throws ADDRESS. */
export function coveringPrefixes(text: string): Prefix[] {
  const whole = parsePrefix(text);
  return Array.from({ length: whole.bits + 1 }, (_, shorter) => {
    const bits = whole.bits - shorter;
    return { family: whole.family, bits, address: masked(whole.address, bits) };
  });
}

/** Prefixes as the addon takes them, 18 bytes each: family, bits, address. */
export function packPrefixes(prefixes: readonly Prefix[]): Uint8Array {
  const packed = new Uint8Array(prefixes.length * packedPrefixSize);
  prefixes.forEach(({ family, bits, address }, index) => {
    packed.set([family, bits, ...address], index * packedPrefixSize);
  });
  return packed;
}

/** The reverse of packPrefixes. */
export function unpackPrefixes(packed: Uint8Array): Prefix[] {
  return Array.from({ length: Math.floor(packed.length / packedPrefixSize) }, (_, index) => {
    const at = index * packedPrefixSize;
    return {
      family: packed[at] === 4 ? 4 : 6,
      bits: packed[at + 1] ?? 0,
      address: packed.slice(at + 2, at + 18),
    };
  });
}

/** ::ffff:a.b.c.d and IPv4 are the same source: both become family 4. */
function normalised(full: Uint8Array, bits: number): Prefix {
  if (!isMapped(full, 0) || bits < 96) return { family: 6, bits, address: full };
  const address = new Uint8Array(16);
  address.set(full.subarray(12));
  return { family: 4, bits: bits - 96, address };
}

function masked(address: Uint8Array, bits: number): Uint8Array {
  return address.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - 8 * index));
    return byte & (0xff00 >> kept);
  });
}

function isMapped(bytes: Uint8Array, offset: number): boolean {
  if (bytes[offset + 10] !== 0xff || bytes[offset + 11] !== 0xff) return false;
  for (let index = offset; index < offset + 10; index += 1) if (bytes[index] !== 0) return false;
  return true;
}

function dotted(bytes: Uint8Array, offset: number): string {
  return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
}

function hex(words: readonly number[]): string {
  return words.map((word) => word.toString(16)).join(':');
}

/** RFC 5952, 4.2: the longest run is shortened, of equally long ones the first. */
function longestZeroRun(words: readonly number[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  let length = 0;
  words.forEach((word, index) => {
    length = word === 0 ? length + 1 : 0;
    if (length > longest.length) longest = { start: index + 1 - length, length };
  });
  return longest;
}

function mapped(text: string): Uint8Array {
  return Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...text.split('.').map(Number)]);
}

/** Precondition: isIPv6(text), without a zone. */
function sixteenBytes(text: string): Uint8Array {
  const [head = '', tail] = text.split('::');
  const front = bytesOf(head);
  const back = tail === undefined ? [] : bytesOf(tail);
  return Uint8Array.from([...front, ...new Array<number>(16 - front.length - back.length).fill(0), ...back]);
}

/** The bytes of colon-separated groups, the last of which may be dotted IPv4. */
function bytesOf(part: string): number[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const word = Number.parseInt(group, 16);
    return [word >> 8, word & 0xff];
  });
}
