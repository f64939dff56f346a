import { host4, host6, type WatchedHost } from '../../test/helpers/watched-host.ts';

/** Real scans of closed ports by nmap; one row each. */
export interface Scan {
  name: string;
  options: readonly string[];
  /** The first of the ports that are probed, in turn. */
  first: number;
  /** Probes: a scan of each length, from an address of its own. */
  lengths: readonly number[];
}

const upTo24 = Array.from({ length: 24 }, (_, index) => index + 1);
/** Below 1024, where portsentry looks, and none of those it leaves out. */
const low = 900;
const high = 20_000;

export const scans: readonly Scan[] = [
  { name: 'SYN, ports below 1024', options: ['-sS'], first: low, lengths: upTo24 },
  { name: 'SYN, ports from 1024 up', options: ['-sS'], first: high, lengths: upTo24 },
  { name: 'connect', options: ['-sT'], first: low, lengths: upTo24 },
  { name: 'UDP', options: ['-sU'], first: low, lengths: upTo24 },
  { name: 'NULL', options: ['-sN'], first: low, lengths: upTo24 },
  { name: 'FIN', options: ['-sF'], first: low, lengths: upTo24 },
  { name: 'XMAS', options: ['-sX'], first: low, lengths: upTo24 },
  { name: 'ACK', options: ['-sA'], first: low, lengths: upTo24 },
  { name: 'Maimon', options: ['-sM'], first: low, lengths: upTo24 },
  { name: 'SCTP INIT', options: ['-sY'], first: low, lengths: upTo24 },
  { name: 'SYN in fragments', options: ['-sS', '-f'], first: low, lengths: upTo24 },
  { name: 'SYN over IPv6', options: ['-sS', '-6'], first: low, lengths: upTo24 },
  // few lengths: each takes its time
  { name: 'SYN, a probe in 4 s', options: ['-sS', '--scan-delay', '4s'], first: low, lengths: [1, 4, 5, 8] },
];

/** Scans once with each length. Returns who did which: the scanners' addresses, with their numbers of probes. */
export async function scanInEveryLength(
  { options, first, lengths }: Scan,
  watched: WatchedHost,
): Promise<Map<string, number>> {
  const lengthOf = new Map<string, number>();
  const isIpv6 = options.includes('-6');
  for (const length of lengths) {
    const peer = await watched.nextPeer();
    await watched.peers.exec('nmap', [
      ...['-n', '-Pn', '-r', '--max-retries', '0', '--max-rtt-timeout', '100ms', ...options],
      ...['-p', `${first}-${first + length - 1}`, isIpv6 ? host6 : host4],
    ]);
    lengthOf.set(isIpv6 ? peer.ipv6 : peer.ipv4, length);
  }
  return lengthOf;
}
