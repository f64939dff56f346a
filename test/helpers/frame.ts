import { parseAddress } from '../../src/common/address.ts';

/**
 * Frames for the kernel program, header by header: `ethernet(ipv4({…}, tcp({…})))`. Each function returns the
 * bytes of its header and what it carries. Integers on the wire are in network order; checksums are left 0, since
 * the program does not look at them.
 */

export const protocols = { icmp: 1, tcp: 6, udp: 17, ipv6Icmp: 58, sctp: 132 } as const;
export const tcpFlags = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32 } as const;

/** A layer-4 header and payload, with the protocol number by which the layer below names it. */
export interface Segment {
  protocol: number;
  bytes: Buffer;
}

const etherTypes = { ipv4: 0x0800, ipv6: 0x86dd, vlan: 0x8100, serviceVlan: 0x88a8 } as const;

export interface Packet {
  type: number;
  bytes: Buffer;
}

/** Ethernet with VLAN tags, outermost first; two make an 802.1ad frame. */
export function ethernet({ type, bytes }: Packet, vlans: number[] = []): Buffer {
  const types = vlans.map((_, index) =>
    index === 0 && vlans.length > 1 ? etherTypes.serviceVlan : etherTypes.vlan,
  );
  const tags = vlans.map((id, index) => words(id, types[index + 1] ?? type));
  return Buffer.concat([Buffer.alloc(12, 2), words(types[0] ?? type), ...tags, bytes]);
}

interface Ipv4 {
  source?: string;
  destination?: string;
  /** Whole 4-byte words of options, 0 to 10. */
  optionWords?: number;
  /** In units of 8 bytes. */
  fragmentOffset?: number;
  moreFragments?: boolean;
  totalLength?: number;
  version?: number;
  headerWords?: number;
  ttl?: number;
}

export function ipv4(options: Ipv4, { protocol, bytes }: Segment): Packet {
  const optionWords = options.optionWords ?? 0;
  const header = Buffer.alloc(20 + 4 * optionWords, 1);
  header[0] = ((options.version ?? 4) << 4) | (options.headerWords ?? 5 + optionWords);
  header[1] = 0;
  header.writeUInt16BE(options.totalLength ?? header.length + bytes.length, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE((options.moreFragments ? 0x2000 : 0) | (options.fragmentOffset ?? 0), 6);
  header[8] = options.ttl ?? 64;
  header[9] = protocol;
  header.writeUInt16BE(0, 10);
  header.set(parseAddress(options.source ?? '192.0.2.1').subarray(12), 12);
  header.set(parseAddress(options.destination ?? '198.51.100.1').subarray(12), 16);
  return { type: etherTypes.ipv4, bytes: Buffer.concat([header, bytes]) };
}

interface Ipv6 {
  source?: string;
  destination?: string;
  payloadLength?: number;
  version?: number;
  hopLimit?: number;
}

export function ipv6(options: Ipv6, { protocol, bytes }: Segment): Packet {
  const header = Buffer.alloc(40);
  header[0] = (options.version ?? 6) << 4;
  header.writeUInt16BE(options.payloadLength ?? bytes.length, 4);
  header[6] = protocol;
  header[7] = options.hopLimit ?? 64;
  header.set(parseAddress(options.source ?? '2001:db8::1'), 8);
  header.set(parseAddress(options.destination ?? '2001:db8::2'), 24);
  return { type: etherTypes.ipv6, bytes: Buffer.concat([header, bytes]) };
}

export const extensions = {
  hopByHop: 0,
  routing: 43,
  fragment: 44,
  authentication: 51,
  destination: 60,
  mobility: 135,
  hostIdentity: 139,
  shim6: 140,
} as const;

/** An IPv6 extension header of 8 · (1 + units) bytes; the authentication header counts its units as 4 bytes. */
export function extension(kind: number, segment: Segment, units = 0): Segment {
  const unit = kind === extensions.authentication ? 4 : 8;
  const header = Buffer.alloc(8 + unit * units);
  header[0] = segment.protocol;
  header[1] = units;
  return { protocol: kind, bytes: Buffer.concat([header, segment.bytes]) };
}

/** The IPv6 fragment header; `offset` in units of 8 bytes. */
export function fragment(offset: number, more: boolean, segment: Segment): Segment {
  const header = Buffer.alloc(8);
  header[0] = segment.protocol;
  header.writeUInt16BE((offset << 3) | (more ? 1 : 0), 2);
  return { protocol: extensions.fragment, bytes: Buffer.concat([header, segment.bytes]) };
}

interface Ports {
  from?: number;
  to?: number;
}

export function tcp({
  from = 40_000,
  to = 80,
  flags = tcpFlags.syn,
}: Ports & { flags?: number } = {}): Segment {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(from, 0);
  header.writeUInt16BE(to, 2);
  header[12] = 0x50;
  header[13] = flags;
  return { protocol: protocols.tcp, bytes: header };
}

export function udp({ from = 40_000, to = 80 }: Ports = {}, payload = Buffer.alloc(0)): Segment {
  return { protocol: protocols.udp, bytes: Buffer.concat([words(from, to, 8 + payload.length, 0), payload]) };
}

/** With one chunk: 1 INIT, 10 COOKIE ECHO. */
export function sctp({ from = 40_000, to = 80, chunk = 1 }: Ports & { chunk?: number } = {}): Segment {
  return {
    protocol: protocols.sctp,
    bytes: Buffer.concat([words(from, to, 0, 0, 0, 0), words(chunk << 8, 4)]),
  };
}

export function icmp(type: number, code = 0): Segment {
  return { protocol: protocols.icmp, bytes: Buffer.concat([words((type << 8) | code), Buffer.alloc(6)]) };
}

export function ipv6Icmp(type: number, code = 0): Segment {
  return { ...icmp(type, code), protocol: protocols.ipv6Icmp };
}

/** Cut to so many bytes of layer 4. */
export function cut(segment: Segment, length: number): Segment {
  return { ...segment, bytes: segment.bytes.subarray(0, length) };
}

function words(...values: number[]): Buffer {
  const buffer = Buffer.alloc(2 * values.length);
  values.forEach((value, index) => {
    buffer.writeUInt16BE(value, 2 * index);
  });
  return buffer;
}
