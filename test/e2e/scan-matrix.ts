/** What the matrix runs: one line a scan. docs/detection.md publishes what becomes of it. */

export interface Scan {
  name: string;
  /** Words, with HOST, HOST6, BLOCK, PEER, MAC and ZOMBIE in place of addresses. */
  command: string;
  /** Who is seen at the host. */
  source?: 'PEER' | 'PEER6' | 'ZOMBIE';
  /** Other addresses that must be reported just so. */
  decoys?: readonly string[];
  /** The clock runs so many times as fast: the idle reset is shortened with the tool's own delay. */
  speedUp?: number;
  /** Of the sensor; s. */
  idleReset?: number;
  /** Takes long: only with PORT_TICKER_TEST_FULL. */
  isLong?: boolean;
  /** Why it is not seen, or not as one would think. */
  note?: string;
}

/** Closed at the host. */
const ports = '11000-11049';
/** One port in five is closed, the others listen. */
export const mixedPorts = { first: 12_000, count: 100, isOpen: (port: number) => port % 5 !== 0 };

const tcp = (flags: string) => `nmap -n -Pn ${flags} -p${ports} HOST`;
/** Those that get no answer, or one a second (net.ipv4.icmp_ratelimit). */
const silent = (flags: string) => tcp(`${flags} --max-retries 0 --min-rate 200`);
/** nmap's templates have a delay of 300 s and 15 s; this one is sped up to 160 ms. */
const slow = (template: string) => `nmap -n -Pn -sS ${template} --scan-delay 160ms -p11000-11005 HOST`;
const ping = '-n -sn --max-retries 0 --max-rtt-timeout 100ms';

export const scans: readonly Scan[] = [
  { name: 'nmap -sS', command: tcp('-sS') },
  { name: 'nmap -sT', command: tcp('-sT') },
  { name: 'nmap -sU', command: silent('-sU') },
  { name: 'nmap -sN', command: tcp('-sN') },
  { name: 'nmap -sF', command: tcp('-sF') },
  { name: 'nmap -sX', command: tcp('-sX') },
  { name: 'nmap -sA', command: tcp('-sA') },
  { name: 'nmap -sW', command: tcp('-sW'), note: 'on the wire the same as -sA' },
  { name: 'nmap -sM', command: tcp('-sM') },
  { name: 'nmap -sY', command: silent('-sY'), note: 'SCTP does not score: the count finds it' },
  { name: 'nmap -sZ', command: silent('-sZ'), note: 'SCTP does not score: the count finds it' },
  {
    name: 'nmap -sO',
    command: 'nmap -n -Pn -sO -p20-79 --max-retries 0 --min-rate 200 HOST',
    note: 'an address with a protocol that has no ports is a target',
  },
  { name: 'nmap -O', command: tcp('-O'), note: 'by the ports it tries before the fingerprint' },
  {
    name: 'nmap -sI',
    command: `nmap -n -Pn -sI ZOMBIE:80 -p${ports} HOST`,
    source: 'ZOMBIE',
    note: 'found as a scan by the zombie: the scanner itself sends the host nothing under its own address',
  },
  {
    name: 'nmap -sn, on the link',
    command: `nmap ${ping} HOST`,
    note: 'asks by ARP: no IP packet reaches the host, and ARP has no port',
  },
  { name: 'nmap -sn -PE, 64 own addresses', command: `nmap ${ping} -PE BLOCK` },
  { name: 'nmap -sn -PS80, 64 own addresses', command: `nmap ${ping} -PS80 BLOCK` },
  { name: 'nmap --scanflags URGPSH', command: tcp('-sS --scanflags URGPSH') },
  { name: 'nmap --scanflags SYNFIN', command: tcp('-sS --scanflags SYNFIN') },
  {
    name: 'nmap --scanflags SYNACK',
    command: tcp('-sS --scanflags SYNACK'),
    note: 'BACKSCATTER. Open and closed ports answer alike: it shows a firewall, not a service',
  },
  {
    name: 'nmap -sA, ephemeral ports',
    command: 'nmap -n -Pn -sA -p40000-40049 HOST',
    note: 'LATE. Open and closed ports answer alike: it shows a firewall, not a service',
  },
  {
    name: 'nmap -sU -g 53, ports from 1024 up',
    command: silent('-sU -g 53'),
    note: 'REPLY. The same scan below port 1024 is found',
  },
  {
    name: 'nmap -sU -g 53, ports below 1024',
    command: 'nmap -n -Pn -sU -g 53 --max-retries 0 --min-rate 200 -p1-50 HOST',
  },
  { name: 'nmap -f', command: tcp('-sS -f'), note: 'the flags are in the second fragment' },
  {
    name: 'nmap -D, two decoys',
    command: tcp('-sS -D 10.77.9.1,10.77.9.2,ME'),
    decoys: ['10.77.9.1', '10.77.9.2'],
    note: 'each decoy is reported like the scanner',
  },
  { name: 'nmap -6 -sS', command: `nmap -6 -n -Pn -sS -p${ports} HOST6`, source: 'PEER6' },
  { name: 'nmap -sS, four ports of five open', command: 'nmap -n -Pn -sS -r -pMIXED HOST' },
  { name: 'nmap -T5', command: tcp('-sS -T5') },
  { name: 'nmap -T4', command: tcp('-sS -T4') },
  { name: 'nmap -T3', command: tcp('-sS -T3') },
  { name: 'nmap -T2', command: 'nmap -n -Pn -sS -T2 -p11000-11005 HOST' },
  { name: 'nmap -T1', command: slow('-T1'), speedUp: 15 / 0.16 },
  { name: 'nmap -T0', command: slow('-T0'), speedUp: 300 / 0.16 },
  {
    name: 'nmap -T0, idle reset of 60 s',
    command: slow('-T0'),
    speedUp: 300 / 0.16,
    idleReset: 60,
    note: 'every probe begins a new episode: an idle reset must be longer than the gaps to be seen',
  },
  { name: 'nmap -T1, by the real clock', command: 'nmap -n -Pn -sS -T1 -p11000-11004 HOST', isLong: true },
  {
    name: 'masscan',
    command: `masscan HOST -p${ports} -e peer0 --adapter-ip PEER --router-mac MAC --rate 1000 --wait 0`,
  },
  {
    name: 'zmap, one address',
    command: 'zmap -q -p 11000 -b /dev/null -i peer0 -S PEER -G MAC -c 0 HOST',
    note: 'one packet to one port: nothing that a scan does and a lost client does not',
  },
  {
    name: 'zmap, 64 own addresses',
    command: 'zmap -q -p 11000 -b /dev/null -i peer0 -S PEER -G MAC -r 1000 -c 0 BLOCK',
  },
  { name: 'hping3 --scan', command: `hping3 --scan ${ports} -S HOST` },
];
