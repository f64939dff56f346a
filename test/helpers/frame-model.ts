/**
 * What the sensor should make of a frame, worked out a second time: by the standards (IEEE 802.1Q; RFC 791, 768, 9293, 9260,
 * 792, 950, 8200, 4302, 4443) and by docs/detection.md. Shares no code with xdp/, so that both must err alike to err unseen.
 */

/** Of enum statistic, without STAT_. */
export type Cause =
  | 'PACKETS_IPV4'
  | 'PACKETS_IPV6'
  | 'SKIPPED_TRUNCATED'
  | 'SKIPPED_MALFORMED'
  | 'SKIPPED_FRAGMENT'
  | 'SKIPPED_ETHERTYPE'
  | 'SKIPPED_PROTOCOL'
  | 'SKIPPED_EXTENSIONS'
  | 'SKIPPED_ICMP'
  | 'SKIPPED_SCTP'
  | 'ICMP_DROPPED';

/** A packet whose network header is whole. Addresses are 16 bytes, IPv4 as ::ffff:a.b.c.d. */
export interface Dissection {
  cause: Cause;
  network?: Network;
  transport?: Transport;
  /** To a multicast or broadcast Ethernet address. */
  group: boolean;
}

export interface Network {
  ipv6: boolean;
  source: Uint8Array;
  destination: Uint8Array;
  hopLimit: number;
  /** IPv4 alone. */
  id: number;
}

export interface Transport {
  protocol: number;
  sourcePort: number;
  destinationPort: number;
  /** The first of several fragments. */
  isFragment: boolean;
  /** Of TCP, null where a fragment has cut them off. */
  flags: number | null;
  /** Everything from the transport header on that lies in the frame and in the datagram. */
  bytes: Uint8Array;
}

const ethernetHeader = 14;
const tagTypes = [0x8100, 0x88a8];
const maxTags = 2;
const maxExtensions = 6;
const extensionHeaders = new Set([0, 43, 44, 51, 60, 135, 139, 140]);
const [authenticationHeader, fragmentHeader] = [51, 44];
const [icmp, tcp, udp, icmpv6, sctp] = [1, 6, 17, 58, 132];
/** Echo, timestamp and address mask requests. */
const requests4 = [8, 13, 17];
const echo6 = 128;
const opening = { init: 1, cookieEcho: 10 };

/** Reads a frame of which only the first `linear` bytes can be seen. */
export function dissect(whole: Uint8Array, linear: number): Dissection {
  const bytes = whole.subarray(0, linear);
  const group = ((bytes[0] ?? 0) & 1) === 1;
  if (bytes.length < ethernetHeader) return { cause: 'SKIPPED_TRUNCATED', group };
  let at = 12;
  for (let tags = 0; tags < maxTags && tagTypes.includes(word(bytes, at)); tags += 1) {
    at += 4;
    if (at + 2 > bytes.length) return { cause: 'SKIPPED_TRUNCATED', group };
  }
  const datagram = bytes.subarray(at + 2);
  switch (word(bytes, at)) {
    case 0x0800:
      return { ...dissectIpv4(datagram), group };
    case 0x86dd:
      return { ...dissectIpv6(datagram), group };
    default:
      return { cause: 'SKIPPED_ETHERTYPE', group };
  }
}

type Below = Omit<Dissection, 'group'>;

/** What is known when the transport header begins. */
interface Payload {
  network: Network;
  protocol: number;
  /** From the transport header on, as far as the frame goes; null when the frame ends before. */
  bytes: Uint8Array | null;
  /** Bytes from the transport header on, by the network header; Infinity when that does not say. */
  length: number;
  isFragment: boolean;
}

function dissectIpv4(bytes: Uint8Array): Below {
  if (bytes.length < 20) return { cause: 'SKIPPED_TRUNCATED' };
  const first = byte(bytes, 0);
  const header = (first & 15) * 4;
  if (first >> 4 !== 4 || header < 20) return { cause: 'SKIPPED_MALFORMED' };
  if (word(bytes, 6) & 0x1fff) return { cause: 'SKIPPED_FRAGMENT' };
  const total = word(bytes, 2) || Number.POSITIVE_INFINITY;
  if (total < header) return { cause: 'SKIPPED_MALFORMED' };
  return dissectTransport({
    network: {
      ipv6: false,
      source: mapped(bytes.subarray(12, 16)),
      destination: mapped(bytes.subarray(16, 20)),
      hopLimit: byte(bytes, 8),
      id: word(bytes, 4),
    },
    protocol: byte(bytes, 9),
    bytes: bytes.length < header ? null : bytes.subarray(header),
    length: total - header,
    isFragment: (word(bytes, 6) & 0x2000) !== 0,
  });
}

function dissectIpv6(bytes: Uint8Array): Below {
  if (bytes.length < 40) return { cause: 'SKIPPED_TRUNCATED' };
  if (byte(bytes, 0) >> 4 !== 6) return { cause: 'SKIPPED_MALFORMED' };
  const source = bytes.subarray(8, 24);
  if (isMapped(source)) return { cause: 'SKIPPED_MALFORMED' };
  return dissectExtensions({
    network: {
      ipv6: true,
      source,
      destination: bytes.subarray(24, 40),
      hopLimit: byte(bytes, 7),
      id: 0,
    },
    protocol: byte(bytes, 6),
    bytes: bytes.subarray(40),
    length: word(bytes, 4) || Number.POSITIVE_INFINITY,
    isFragment: false,
  });
}

function dissectExtensions(payload: Payload): Below {
  for (let count = 0; extensionHeaders.has(payload.protocol); count += 1) {
    const { bytes, protocol } = payload;
    if (count === maxExtensions)
      return { cause: bytes === null ? 'SKIPPED_TRUNCATED' : 'SKIPPED_EXTENSIONS' };
    if (bytes === null || bytes.length < 8) return { cause: 'SKIPPED_TRUNCATED' };
    let size = 8 + byte(bytes, 1) * 8;
    if (protocol === authenticationHeader) size = 8 + byte(bytes, 1) * 4;
    if (protocol === fragmentHeader) {
      size = 8;
      if (word(bytes, 2) >> 3 !== 0) return { cause: 'SKIPPED_FRAGMENT' };
      payload.isFragment ||= (word(bytes, 2) & 1) === 1;
    }
    if (size > payload.length) return { cause: 'SKIPPED_MALFORMED' };
    payload.protocol = byte(bytes, 0);
    payload.length -= size;
    payload.bytes = bytes.length < size ? null : bytes.subarray(size);
  }
  return dissectTransport(payload);
}

function dissectTransport({ network, protocol, bytes, length, isFragment }: Payload): Below {
  const needed = neededBytes(protocol, network.ipv6, isFragment);
  if (bytes === null) return { cause: 'SKIPPED_TRUNCATED' };
  if (needed === null) return { cause: 'SKIPPED_PROTOCOL', network };
  if (Math.min(bytes.length, length) < needed) return { cause: 'SKIPPED_TRUNCATED' };
  if (protocol === icmp || protocol === icmpv6) {
    const type = byte(bytes, 0);
    const isRequest = network.ipv6 ? type === echo6 : requests4.includes(type);
    return { cause: isRequest ? 'ICMP_DROPPED' : 'SKIPPED_ICMP', network };
  }
  const chunk = byte(bytes, 12);
  if (protocol === sctp && chunk !== opening.init && chunk !== opening.cookieEcho) {
    return { cause: 'SKIPPED_SCTP' };
  }
  const whole = bytes.subarray(0, length);
  const transport: Transport = {
    protocol,
    sourcePort: word(bytes, 0),
    destinationPort: word(bytes, 2),
    isFragment,
    flags: protocol === tcp && whole.length >= 20 ? byte(bytes, 13) : null,
    bytes: whole,
  };
  return { cause: network.ipv6 ? 'PACKETS_IPV6' : 'PACKETS_IPV4', network, transport };
}

/** Bytes of the transport header that must be there, null for a protocol that is not read. */
function neededBytes(protocol: number, ipv6: boolean, isFragment: boolean): number | null {
  switch (protocol) {
    case tcp:
      return isFragment ? 8 : 20;
    case udp:
      return 8;
    case sctp:
      return 16;
    case icmp:
      return ipv6 ? null : 8;
    case icmpv6:
      return ipv6 ? 8 : null;
    default:
      return null;
  }
}

function mapped(address: Uint8Array): Uint8Array {
  const all = new Uint8Array(16);
  all[10] = 0xff;
  all[11] = 0xff;
  all.set(address, 12);
  return all;
}

function isMapped(address: Uint8Array): boolean {
  return word(address, 10) === 0xffff && address.subarray(0, 10).every((each) => each === 0);
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function word(bytes: Uint8Array, at: number): number {
  return (byte(bytes, at) << 8) | byte(bytes, at + 1);
}
