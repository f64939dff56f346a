import { addressText, parseAddress } from '../../src/common/address.ts';
import type { PortScanEvent } from '../../src/common/event.ts';
import { protocols, tcpFlags } from './frame.ts';

type Probe = Pick<PortScanEvent, 'destination' | 'protocol' | 'sourcePort' | 'destinationPort'>;

/**
 * Which of a source's packets an event speaks of, from 1 on; 0 when it is none of them. What a scanner's own system sends
 * does not count: resets, later fragments, neighbour discovery.
 */
export function probeNumber(frames: readonly Buffer[], source: string, event: PortScanEvent): number {
  const probes = frames.map((frame) => readProbe(frame, source)).filter((probe) => probe !== null);
  const index = probes.findIndex(
    (probe) =>
      probe.destination === event.destination &&
      probe.protocol === event.protocol &&
      probe.sourcePort === event.sourcePort &&
      probe.destinationPort === event.destinationPort,
  );
  return index + 1;
}

const etherTypes = { ipv4: 0x0800, ipv6: 0x86dd };
const fragmentOffset = 0x1fff;
const icmpv6Echo = 128;

/** Of a frame without VLAN tags, IP options and extension headers; null when it is no probe of the source. */
function readProbe(frame: Buffer, source: string): Probe | null {
  const type = frame.readUInt16BE(12);
  if (type === etherTypes.ipv4) {
    const [from, to] = [frame.subarray(26, 30), frame.subarray(30, 34)].map((each) => each.join('.'));
    if (from !== source || to === undefined || frame.readUInt16BE(20) & fragmentOffset) return null;
    return readTransport(frame.subarray(34), frame[23] ?? 0, to);
  }
  if (type !== etherTypes.ipv6 || !frame.subarray(22, 38).equals(parseAddress(source))) return null;
  return readTransport(frame.subarray(54), frame[20] ?? 0, addressText(frame, 38));
}

function readTransport(bytes: Buffer, protocol: number, destination: string): Probe | null {
  const { tcp, udp, sctp, ipv6Icmp } = protocols;
  const flags = bytes[13] ?? 0; // not there in a short fragment
  if (protocol === tcp && flags & tcpFlags.rst) return null;
  if (protocol === ipv6Icmp && bytes[0] !== icmpv6Echo) return null;
  const hasPorts = protocol === tcp || protocol === udp || protocol === sctp;
  return {
    destination,
    protocol,
    sourcePort: hasPorts ? bytes.readUInt16BE(0) : 0,
    destinationPort: hasPorts ? bytes.readUInt16BE(2) : 0,
  };
}
