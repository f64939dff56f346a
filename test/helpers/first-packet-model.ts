import { parseAddress } from '../../src/common/address.ts';
import { tcpFlags } from './frame.ts';
import { type Dissection, dissect, type Network, type Transport } from './frame-model.ts';

/**
 * What the sensor should do about a frame whose source it has not met: docs/detection.md applied to it, under policy
 * `attempts` and in the surroundings of fuzz/frames.c.
 */
export interface Expectation {
  dissection: Dissection;
  /** Of enum statistic, without STAT_, each by one. */
  grown: string[];
  isDropped: boolean;
  /** Null when the source gets no place in the table. */
  source: { address: Uint8Array; port: number; kinds: string[]; tool: string } | null;
}

const own = ['198.51.100.1', '2001:db8::2'].map((text) => Buffer.from(parseAddress(text)));
const ignored = [
  { prefix: Buffer.from(parseAddress('192.0.2.128')), bits: 96 + 25 },
  { prefix: Buffer.from(parseAddress('2001:db8:1::')), bits: 48 },
];
const ephemeral = { low: 32_768, high: 60_999 };
const traceroute = { low: 33_434, high: 33_534, maxHops: 8 };
const reservedPorts = 1024;
const [tcp, udp, sctp] = [6, 17, 132];
const allFlags = 0x3f;

export function expectation(frame: Uint8Array, linear: number): Expectation {
  const dissection = dissect(frame, linear);
  const { cause, network, transport } = dissection;
  const nothing: Expectation = { dissection, grown: [cause], isDropped: false, source: null };
  if (network === undefined) return nothing;
  if (transport === undefined) return expectPortless(nothing, network);
  if (isIgnored(network.source)) return { ...nothing, grown: [cause, 'IGNORED'] };
  const { refusal, mention } = judge(dissection, network, transport);
  if (refusal !== undefined) return { ...nothing, grown: [cause, refusal] };
  return {
    ...nothing,
    grown: [cause, ...(mention === undefined ? [] : [mention]), 'SOURCES_ADMITTED'],
    source: {
      address: network.source,
      port: transport.destinationPort,
      kinds: kindsOf(transport),
      tool: toolOf(network, transport),
    },
  };
}

/** A probe of a protocol without ports: noted when it goes to an own address, and a kind only from the second target on. */
function expectPortless(nothing: Expectation, network: Network): Expectation {
  const isRequest = nothing.dissection.cause === 'ICMP_DROPPED';
  if (!isRequest && nothing.dissection.cause !== 'SKIPPED_PROTOCOL') return nothing;
  if (isIgnored(network.source)) return isRequest ? { ...nothing, grown: ['IGNORED'] } : nothing;
  if (!isOwn(network.destination)) return { ...nothing, isDropped: isRequest };
  return {
    ...nothing,
    grown: [...nothing.grown, 'SOURCES_ADMITTED'],
    isDropped: isRequest,
    source: { address: network.source, port: 0, kinds: [], tool: 'TOOL_NONE' },
  };
}

/** The rules under "What is an attempt", in their order: why it is none, or what else is to be said of it. */
function judge(
  { group }: Dissection,
  { destination, hopLimit }: Network,
  { protocol, sourcePort, destinationPort, flags }: Transport,
): { refusal?: string; mention?: string } {
  if (group) return { refusal: 'GROUP' };
  if (protocol === sctp) return {};
  if (protocol === udp) {
    if (sourcePort < reservedPorts && destinationPort >= reservedPorts) return { refusal: 'REPLY' };
    const { low, high, maxHops } = traceroute;
    const isTraceroute = destinationPort >= low && destinationPort <= high && hopLimit <= maxHops;
    return isTraceroute ? { mention: 'TRACEROUTE' } : {};
  }
  const bits = flags ?? 0;
  if ((bits & (tcpFlags.ack | tcpFlags.rst)) === 0) return {};
  if (!isOwn(destination)) return { refusal: 'FORWARDED' };
  if (bits & (tcpFlags.rst | tcpFlags.syn)) return { refusal: 'BACKSCATTER' };
  const isEphemeral = destinationPort >= ephemeral.low && destinationPort <= ephemeral.high;
  return isEphemeral ? { refusal: 'LATE' } : {};
}

/** The table under "Kinds". */
function kindsOf({ protocol, flags, bytes }: Transport): string[] {
  if (protocol === udp) return ['UDP'];
  if (protocol === sctp) return [bytes[12] === 1 ? 'SCTP_INIT' : 'SCTP_COOKIE_ECHO'];
  if (flags === null) return ['FRAGMENT'];
  const { fin, syn, psh, ack, urg } = tcpFlags;
  switch (flags & allFlags) {
    case syn:
      return headerSize(bytes) >= 32 ? ['SYN', 'CONNECT'] : ['SYN'];
    case 0:
      return ['NULL'];
    case fin:
      return ['FIN'];
    case fin | psh | urg:
      return ['XMAS'];
    case fin | ack:
      return ['MAIMON'];
    case ack:
      return ['ACK'];
    default:
      return ['UNUSUAL_FLAGS'];
  }
}

/** The table under "Tools". */
function toolOf({ ipv6, id, destination }: Network, { protocol, flags, bytes }: Transport): string {
  if (!ipv6 && id === 54_321) return 'TOOL_ZMAP';
  const { syn, ack, rst } = tcpFlags;
  if (protocol !== tcp || flags === null || (flags & (syn | ack | rst)) !== syn) return 'TOOL_NONE';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const address = new DataView(destination.buffer, destination.byteOffset).getUint16(14);
  const folded = address ^ view.getUint16(2) ^ view.getUint16(6);
  if (!ipv6 && id === folded) return 'TOOL_MASSCAN';
  const window = view.getUint16(14);
  const isRound = window > 0 && window % 1024 === 0 && window <= 7 * 1024;
  const size = headerSize(bytes);
  if (size === 24 && bytes.length >= 24 && view.getUint32(20) === 0x020405b4 && isRound) return 'TOOL_NMAP';
  return size === 20 && window === 512 ? 'TOOL_HPING' : 'TOOL_NONE';
}

function headerSize(tcpHeader: Uint8Array): number {
  return ((tcpHeader[12] ?? 0) >> 4) * 4;
}

function isOwn(address: Uint8Array): boolean {
  return own.some((each) => each.equals(address));
}

function isIgnored(address: Uint8Array): boolean {
  return ignored.some(({ prefix, bits }) => {
    const whole = bits >> 3;
    if (!prefix.subarray(0, whole).equals(address.subarray(0, whole))) return false;
    return ((prefix[whole] ?? 0) ^ (address[whole] ?? 0)) >> (8 - (bits & 7)) === 0;
  });
}
