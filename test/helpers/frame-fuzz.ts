import {
  ethernet,
  extension,
  extensions,
  fragment,
  icmp,
  ipv4,
  ipv6,
  ipv6Icmp,
  protocols,
  type Segment,
  sctp,
  tcp,
  udp,
} from './frame.ts';
import type { Random } from './random.ts';

/** A frame, and how many of its bytes shall lie in the first buffer; 0: as the kernel likes. */
export interface FuzzedFrame {
  frame: Buffer;
  linear: number;
}

const smallest = 14;
const largest = 9000;
/** Frames that are made of one well-formed one. */
const offspring = 16;
/** Most mutations go where headers are. */
const headers = 160;

const words = [0, 1, 7, 8, 19, 20, 21, 28, 39, 40, 0xff, 0x1fff, 0x2000, 0x8000, 0xffff];
const types = [0x0800, 0x86dd, 0x8100, 0x88a8, 0x9100, 0x0806];
const bytes = [
  0, 1, 4, 5, 6, 10, 13, 15, 17, 43, 44, 50, 51, 58, 59, 60, 64, 69, 96, 128, 132, 135, 139, 140, 255,
];

/** Frames without end: well-formed ones of all the kinds that the parser tells apart, and what mutations make of them. */
export function* fuzzedFrames(random: Random): Generator<FuzzedFrame> {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const below = (limit: number) => Math.floor(random() * limit);
  for (;;) {
    const parent = sized(wellFormed(below, pick), below);
    yield { frame: parent, linear: 0 };
    for (let child = 1; child < offspring; child += 1) {
      const frame = mutated(parent, below, pick);
      const isDivided = below(4) === 0 && frame.length > smallest;
      yield { frame, linear: isDivided ? smallest + below(Math.min(frame.length - smallest, headers)) : 0 };
    }
  }
}

type Below = (limit: number) => number;
type Pick = <T>(items: readonly T[]) => T;

function wellFormed(below: Below, pick: Pick): Buffer {
  const vlans = Array.from({ length: pick([0, 0, 0, 0, 1, 2, 3]) }, () => below(4096));
  const frame = ethernet(below(2) === 0 ? datagram4(below, pick) : datagram6(below, pick), vlans);
  if (below(16) === 0) frame[0] = 0xff;
  return frame;
}

function datagram4(below: Below, pick: Pick) {
  return ipv4(
    {
      source: pick(['192.0.2.1', '192.0.2.129', `203.0.113.${below(256)}`, '198.51.100.1']),
      destination: pick(['198.51.100.1', '198.51.100.1', '198.51.100.2']),
      optionWords: pick([0, 0, 0, 1, 5, 10]),
      moreFragments: below(8) === 0,
      fragmentOffset: below(16) === 0 ? below(8192) : 0,
      ttl: pick([1, 8, 9, 64]),
    },
    segment(below, pick),
  );
}

function datagram6(below: Below, pick: Pick) {
  let inner = segment(below, pick);
  for (let count = pick([0, 0, 0, 1, 2, 6, 7]); count > 0; count -= 1) inner = extended(inner, below, pick);
  return ipv6(
    {
      source: pick(['2001:db8::1', '2001:db8:1::1', `2001:db8::${below(256).toString(16)}`, '::1']),
      destination: pick(['2001:db8::2', '2001:db8::2', '2001:db8::3']),
      hopLimit: pick([1, 8, 9, 64]),
    },
    inner,
  );
}

function extended(inner: Segment, below: Below, pick: Pick): Segment {
  const kind = pick(Object.values(extensions));
  if (kind === extensions.fragment) return fragment(pick([0, 0, 0, 9]), below(2) === 0, inner);
  return extension(kind, inner, pick([0, 0, 1, 2, 30]));
}

function segment(below: Below, pick: Pick): Segment {
  const port = () => pick([0, 22, 80, 1023, 1024, 33_434, 40_000, 60_999, 61_000, below(65_536)]);
  const ports = { from: port(), to: port() };
  switch (below(8)) {
    case 0:
      return udp(ports, Buffer.alloc(below(40)));
    case 1:
      return sctp({ ...ports, chunk: pick([1, 10, 0, 2, 3, 11]) });
    case 2:
      return icmp(pick([0, 3, 8, 11, 13, 17, 18]));
    case 3:
      return ipv6Icmp(pick([1, 2, 128, 129, 133, 135]));
    case 4:
      return { protocol: pick([4, 41, 47, 50, 59, below(256)]), bytes: Buffer.alloc(below(30)) };
    default:
      return tcpSegment(ports, below, pick);
  }
}

/** With options as the tools and systems send them, and the marks of the tools. */
function tcpSegment(ports: { from: number; to: number }, below: Below, pick: Pick): Segment {
  const header = tcp({ ...ports, flags: pick([2, 2, 2, 0, 1, 41, 16, 17, 18, 4, 20, below(256)]) }).bytes;
  const options = pick([0, 0, 4, 12, 20, 40]);
  header[12] = (5 + options / 4) << 4;
  header.writeUInt16BE(pick([512, 1024, 3072, 7168, 8192, 64_240, 0]), 14);
  const mss = Buffer.alloc(options, 1);
  if (options > 0) mss.writeUInt32BE(0x020405b4, 0);
  return { protocol: protocols.tcp, bytes: Buffer.concat([header, mss]) };
}

/** Now and then padded, up to the largest that Ethernet knows. */
function sized(frame: Buffer, below: Below): Buffer {
  const kind = below(32);
  if (kind > 4) return frame;
  const size = kind === 0 ? largest - below(16) : frame.length + below(kind === 1 ? largest - 400 : 64);
  return Buffer.concat([frame, Buffer.alloc(Math.max(0, Math.min(size, largest) - frame.length))]);
}

function mutated(parent: Buffer, below: Below, pick: Pick): Buffer {
  let frame: Buffer = Buffer.from(parent);
  for (let round = 1 + below(4); round > 0; round -= 1) frame = mutateOnce(frame, below, pick);
  return frame;
}

function mutateOnce(frame: Buffer, below: Below, pick: Pick): Buffer {
  // seldom in the Ethernet addresses and type, behind which everything else is lost
  const from = below(8) === 0 || frame.length < 18 ? 0 : smallest;
  const at = from + below(Math.min(frame.length, headers) - from);
  switch (below(10)) {
    case 0:
      frame[at] = below(256);
      return frame;
    case 1:
      frame[at] = (frame[at] ?? 0) ^ (1 << below(8));
      return frame;
    case 2:
    case 3:
      frame[at] = pick(bytes);
      return frame;
    case 4:
      if (at + 2 <= frame.length) frame.writeUInt16BE(pick(words), at);
      return frame;
    case 5:
      if (below(8) === 0) frame.writeUInt16BE(pick(types), 12);
      return frame;
    case 6:
      return resized(frame, smallest + below(frame.length - smallest + 1));
    case 7:
      return resized(frame, frame.length + below(64));
    case 8:
      return Buffer.concat([
        frame.subarray(0, at),
        Buffer.alloc(1 + below(8), pick(bytes)),
        frame.subarray(at),
      ]);
    default:
      return resized(Buffer.concat([frame.subarray(0, at), frame.subarray(at + 1 + below(8))]), frame.length);
  }
}

function resized(frame: Buffer, size: number): Buffer {
  const wanted = Math.max(smallest, Math.min(size, largest));
  return wanted <= frame.length
    ? frame.subarray(0, wanted)
    : Buffer.concat([frame, Buffer.alloc(wanted - frame.length, 1)]);
}
