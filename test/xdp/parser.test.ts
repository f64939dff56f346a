/* Long, because every kind of frame is a row of a table. */
import assert from 'node:assert/strict';
import {
  cut,
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
  tcpFlags,
  udp,
} from '../helpers/frame.ts';
import { Kernel, XDP_DROP, XDP_PASS } from '../helpers/kernel.ts';
import { privilegedTest } from '../helpers/privileged.ts';

/** A frame, what becomes of it, and the one statistic that counts it. */
interface Case {
  name: string;
  frame: Buffer;
  counted: string;
  verdict?: number;
}

/** Of a protocol that the parser does not read. */
const gre: Segment = { protocol: 47, bytes: Buffer.alloc(0) };

const counted4 = 'STAT_PACKETS_IPV4';
const counted6 = 'STAT_PACKETS_IPV6';

const plain: Case[] = [
  { name: 'TCP over IPv4', frame: ethernet(ipv4({}, tcp())), counted: counted4 },
  { name: 'UDP over IPv4', frame: ethernet(ipv4({}, udp())), counted: counted4 },
  { name: 'TCP over IPv6', frame: ethernet(ipv6({}, tcp())), counted: counted6 },
  { name: 'UDP over IPv6', frame: ethernet(ipv6({}, udp())), counted: counted6 },
  { name: 'one VLAN tag, IPv4', frame: ethernet(ipv4({}, tcp()), [7]), counted: counted4 },
  { name: 'two VLAN tags, IPv4', frame: ethernet(ipv4({}, tcp()), [7, 8]), counted: counted4 },
  { name: 'one VLAN tag, IPv6', frame: ethernet(ipv6({}, tcp()), [7]), counted: counted6 },
  { name: 'two VLAN tags, IPv6', frame: ethernet(ipv6({}, udp()), [7, 8]), counted: counted6 },
  { name: 'three VLAN tags', frame: ethernet(ipv4({}, tcp()), [7, 8, 9]), counted: 'STAT_SKIPPED_ETHERTYPE' },
  {
    name: 'ARP',
    frame: ethernet({ type: 0x0806, bytes: Buffer.alloc(46) }),
    counted: 'STAT_SKIPPED_ETHERTYPE',
  },
  {
    name: 'an unknown EtherType',
    frame: ethernet({ type: 0x88b5, bytes: Buffer.alloc(46) }),
    counted: 'STAT_SKIPPED_ETHERTYPE',
  },
  {
    name: 'an IEEE 802.3 length',
    frame: ethernet({ type: 46, bytes: Buffer.alloc(46) }),
    counted: 'STAT_SKIPPED_ETHERTYPE',
  },
  { name: 'SCTP over IPv4', frame: ethernet(ipv4({}, sctp())), counted: counted4 },
  { name: 'SCTP over IPv6', frame: ethernet(ipv6({}, sctp({ chunk: 10 }))), counted: counted6 },
  {
    name: 'GRE',
    frame: ethernet(ipv4({}, { protocol: 47, bytes: Buffer.alloc(20) })),
    counted: 'STAT_SKIPPED_PROTOCOL',
  },
  {
    name: 'IPv6 without a next header',
    frame: ethernet(ipv6({}, { protocol: 59, bytes: Buffer.alloc(20) })),
    counted: 'STAT_SKIPPED_PROTOCOL',
  },
  {
    name: 'ESP over IPv6',
    frame: ethernet(ipv6({}, { protocol: 50, bytes: Buffer.alloc(40) })),
    counted: 'STAT_SKIPPED_PROTOCOL',
  },
  { name: 'ICMP over IPv6', frame: ethernet(ipv6({}, icmp(8))), counted: 'STAT_SKIPPED_PROTOCOL' },
  { name: 'ICMPv6 over IPv4', frame: ethernet(ipv4({}, ipv6Icmp(128))), counted: 'STAT_SKIPPED_PROTOCOL' },
];

const lengths: Case[] = [
  {
    name: 'IPv4 with a version of 5',
    frame: ethernet(ipv4({ version: 5 }, tcp())),
    counted: 'STAT_SKIPPED_MALFORMED',
  },
  {
    name: 'IPv4 with a header of 4 words',
    frame: ethernet(ipv4({ headerWords: 4 }, tcp())),
    counted: 'STAT_SKIPPED_MALFORMED',
  },
  {
    name: 'IPv4 shorter than its own header',
    frame: ethernet(ipv4({ totalLength: 19 }, tcp())),
    counted: 'STAT_SKIPPED_MALFORMED',
  },
  {
    name: 'IPv4 that ends inside TCP, padded by Ethernet',
    frame: ethernet(ipv4({ totalLength: 39 }, tcp())),
    counted: 'STAT_SKIPPED_TRUNCATED',
  },
  { name: 'IPv4 of unknown length', frame: ethernet(ipv4({ totalLength: 0 }, tcp())), counted: counted4 },
  {
    name: 'IPv6 with a version of 4',
    frame: ethernet(ipv6({ version: 4 }, tcp())),
    counted: 'STAT_SKIPPED_MALFORMED',
  },
  {
    name: 'IPv6 that ends inside UDP, padded by Ethernet',
    frame: ethernet(ipv6({ payloadLength: 7 }, udp())),
    counted: 'STAT_SKIPPED_TRUNCATED',
  },
  {
    name: 'IPv6 from an IPv4-mapped address',
    frame: ethernet(ipv6({ source: '::ffff:192.0.2.1' }, tcp())),
    counted: 'STAT_SKIPPED_MALFORMED',
  },
  { name: 'an IPv6 jumbogram', frame: ethernet(ipv6({ payloadLength: 0 }, tcp())), counted: counted6 },
  {
    name: 'an extension header longer than the packet',
    frame: ethernet(ipv6({ payloadLength: 8 }, extension(extensions.hopByHop, tcp(), 1))),
    counted: 'STAT_SKIPPED_MALFORMED',
  },
];

/** Headers that the parser only steps over, cut off in the middle, before a protocol it does not read. */
const cutOff: Case[] = [
  {
    name: 'IPv4 that ends inside its options, before GRE',
    frame: ethernet(ipv4({ optionWords: 10 }, gre)).subarray(0, 14 + 20 + 39),
    counted: 'STAT_SKIPPED_TRUNCATED',
  },
  {
    name: 'IPv6 that ends inside an extension header, before GRE',
    frame: ethernet(ipv6({}, extension(extensions.routing, gre, 2))).subarray(0, 14 + 40 + 23),
    counted: 'STAT_SKIPPED_TRUNCATED',
  },
  {
    name: 'IPv6 that ends inside the last of too many extension headers',
    frame: ethernet(ipv6({}, chain(7))).subarray(0, -(20 + 8 + 1)),
    counted: 'STAT_SKIPPED_TRUNCATED',
  },
];

const optionCases: Case[] = [1, 5, 10].map((optionWords) => ({
  name: `IPv4 with ${optionWords} words of options`,
  frame: ethernet(ipv4({ optionWords }, tcp())),
  counted: counted4,
}));

const extensionCases: Case[] = Object.entries(extensions)
  .filter(([, kind]) => kind !== extensions.fragment)
  .flatMap(([name, kind]) =>
    [0, 3].map((units) => ({
      name: `IPv6 with a ${name} header, length field ${units}`,
      frame: ethernet(ipv6({}, extension(kind, tcp(), units))),
      counted: counted6,
    })),
  );

const chains: Case[] = [2, 6].map((length) => ({
  name: `a chain of ${length} extension headers`,
  frame: ethernet(ipv6({}, chain(length))),
  counted: counted6,
}));
chains.push({
  name: 'a chain of 7 extension headers, longer than the parser follows',
  frame: ethernet(ipv6({}, chain(7))),
  counted: 'STAT_SKIPPED_EXTENSIONS',
});

const fragments: Case[] = [
  {
    name: 'the first fragment, IPv4',
    frame: ethernet(ipv4({ moreFragments: true }, tcp())),
    counted: counted4,
  },
  {
    name: 'the first fragment with 8 bytes of TCP, IPv4',
    frame: ethernet(ipv4({ moreFragments: true }, cut(tcp(), 8))),
    counted: counted4,
  },
  {
    name: 'the first fragment with 7 bytes of TCP, IPv4',
    frame: ethernet(ipv4({ moreFragments: true }, cut(tcp(), 7))),
    counted: 'STAT_SKIPPED_TRUNCATED',
  },
  {
    name: 'a later fragment, IPv4',
    frame: ethernet(ipv4({ fragmentOffset: 1, moreFragments: true }, tcp())),
    counted: 'STAT_SKIPPED_FRAGMENT',
  },
  {
    name: 'the last fragment, IPv4',
    frame: ethernet(ipv4({ fragmentOffset: 185 }, udp())),
    counted: 'STAT_SKIPPED_FRAGMENT',
  },
  {
    name: 'the first fragment, IPv6',
    frame: ethernet(ipv6({}, fragment(0, true, tcp()))),
    counted: counted6,
  },
  {
    name: 'the first fragment with 8 bytes of TCP, IPv6',
    frame: ethernet(ipv6({}, fragment(0, true, cut(tcp(), 8)))),
    counted: counted6,
  },
  {
    name: 'an atomic fragment, IPv6',
    frame: ethernet(ipv6({}, fragment(0, false, tcp()))),
    counted: counted6,
  },
  {
    name: 'an atomic fragment with 8 bytes of TCP, IPv6',
    frame: ethernet(ipv6({}, fragment(0, false, cut(tcp(), 8)))),
    counted: 'STAT_SKIPPED_TRUNCATED',
  },
  {
    name: 'a later fragment, IPv6',
    frame: ethernet(ipv6({}, fragment(1, true, tcp()))),
    counted: 'STAT_SKIPPED_FRAGMENT',
  },
  {
    name: 'a later fragment behind another extension header',
    frame: ethernet(ipv6({}, extension(extensions.hopByHop, fragment(9, false, tcp())))),
    counted: 'STAT_SKIPPED_FRAGMENT',
  },
];

const icmpTypes: Case[] = [
  ...[0, 3, 4, 5, 9, 10, 11, 12, 14, 18].map((type) =>
    passing(`ICMP type ${type}`, ethernet(ipv4({}, icmp(type)))),
  ),
  ...[8, 13, 17].map((type) => dropped(`ICMP request type ${type}`, ethernet(ipv4({}, icmp(type))))),
  ...[1, 2, 3, 4, 129, 130, 131, 133, 134, 135, 136, 137, 143].map((type) =>
    passing(`ICMPv6 type ${type}`, ethernet(ipv6({}, ipv6Icmp(type)))),
  ),
  dropped('ICMPv6 echo request', ethernet(ipv6({}, ipv6Icmp(128)))),
  dropped('an echo request behind IPv4 options', ethernet(ipv4({ optionWords: 3 }, icmp(8)))),
  dropped(
    'an echo request behind an extension header',
    ethernet(ipv6({}, extension(extensions.destination, ipv6Icmp(128)))),
  ),
  dropped('an echo request in a VLAN', ethernet(ipv4({}, icmp(8)), [7])),
  dropped('the first fragment of an echo request', ethernet(ipv4({ moreFragments: true }, icmp(8)))),
];

privilegedTest('each kind of frame', async (t) => {
  const kernel = await Kernel.open(t);
  const cases = [plain, lengths, cutOff, optionCases, extensionCases, chains, fragments, icmpTypes].flat();
  for (const { name, frame, counted, verdict = XDP_PASS } of cases) {
    await t.test(`${name}: ${verdict === XDP_PASS ? 'passes' : 'is dropped'}, counted as ${counted}`, () => {
      kernel.changes();
      assert.equal(kernel.run(frame), verdict);
      const { STAT_SOURCES_ADMITTED: _, ...causes } = kernel.changes();
      assert.deepEqual(causes, { [counted]: 1 });
    });
  }
  await t.test('only what has ports gets a place in the table', () => {
    assert.equal(kernel.sensor.sourceCount(), 2);
  });
});

privilegedTest('a frame cut at any byte of its headers passes, and is counted as truncated', async (t) => {
  const kernel = await Kernel.open(t);
  const smallest = 14; // BPF_PROG_TEST_RUN takes no less than an Ethernet header
  for (const [name, frame] of Object.entries({
    'TCP over IPv4': ethernet(ipv4({}, tcp())),
    'TCP over IPv4 with options': ethernet(ipv4({ optionWords: 10 }, tcp())),
    'UDP over IPv4': ethernet(ipv4({}, udp())),
    'SCTP over IPv4': ethernet(ipv4({}, sctp())),
    'ICMP over IPv4': ethernet(ipv4({}, icmp(8))),
    'TCP over IPv6': ethernet(ipv6({}, tcp())),
    ICMPv6: ethernet(ipv6({}, ipv6Icmp(128))),
    'TCP behind all extension headers': ethernet(ipv6({}, chain(6))),
    'UDP behind a long authentication header': ethernet(
      ipv6({}, extension(extensions.authentication, udp(), 4)),
    ),
    'a first fragment over IPv6': ethernet(ipv6({}, fragment(0, true, udp()))),
    'TCP behind two VLAN tags': ethernet(ipv4({}, tcp()), [7, 8]),
    'TCP over IPv6 behind two VLAN tags': ethernet(ipv6({}, tcp()), [7, 8]),
  })) {
    for (let length = smallest; length < frame.length; length += 1) {
      assert.equal(kernel.run(frame.subarray(0, length)), XDP_PASS, `${name}, ${length} bytes`);
      assert.deepEqual(kernel.changes(), { STAT_SKIPPED_TRUNCATED: 1 }, `${name}, ${length} bytes`);
    }
  }
});

privilegedTest('ports and source are read behind every kind of header', async (t) => {
  const kernel = await Kernel.open(t);
  kernel.configure({ threshold: 0 });
  const source6 = '2001:db8::7';
  const to = (port: number) => tcp({ from: 1234, to: port, flags: tcpFlags.fin });
  const wrap: Record<string, (segment: Segment) => { frame: Buffer; vlan: number | null; source: string }> = {
    options: (segment) => ({
      frame: ethernet(ipv4({ source: '192.0.2.7', optionWords: 10 }, segment)),
      vlan: null,
      source: '192.0.2.7',
    }),
    vlans: (segment) => ({
      frame: ethernet(ipv4({ source: '192.0.2.8' }, segment), [100, 200]),
      vlan: 100,
      source: '192.0.2.8',
    }),
    extensions: (segment) => ({
      frame: ethernet(
        ipv6(
          { source: source6 },
          extension(extensions.routing, extension(extensions.authentication, segment, 5), 2),
        ),
        [4095],
      ),
      vlan: 4095,
      source: source6,
    }),
  };
  for (const [name, make] of Object.entries(wrap)) {
    kernel.run(make(to(1000)).frame);
    const { frame, vlan, source } = make(to(2000));
    kernel.run(frame);
    const [event, ...rest] = kernel.events();
    assert.equal(rest.length, 0, name);
    assert.deepEqual(
      {
        source: event?.source,
        destination: event?.destination,
        ports: event?.ports,
        destinationPort: event?.destinationPort,
        sourcePort: event?.sourcePort,
        tcpFlags: event?.tcpFlags,
        protocol: event?.protocol,
        vlan: event?.vlan,
      },
      {
        source,
        destination: source === source6 ? '2001:db8::2' : '198.51.100.1',
        ports: [1000, 2000],
        destinationPort: 2000,
        sourcePort: 1234,
        tcpFlags: tcpFlags.fin,
        protocol: protocols.tcp,
        vlan,
      },
      name,
    );
  }
});

privilegedTest('a first fragment too short for the TCP flags makes an event without them', async (t) => {
  const kernel = await Kernel.open(t);
  kernel.configure({ threshold: 0 });
  for (const to of [1, 2]) kernel.run(ethernet(ipv4({ moreFragments: true }, cut(tcp({ to }), 8))));
  const [event] = kernel.events();
  assert.equal(event?.tcpFlags, 0);
  assert.equal(event?.destinationPort, 2);
});

/** TCP behind so many extension headers, of every kind in turn. */
function chain(length: number): Segment {
  const kinds = Object.values(extensions).filter((kind) => kind !== extensions.fragment);
  let segment = tcp();
  for (let index = 0; index < length; index += 1) {
    segment = extension(kinds[index % kinds.length] ?? extensions.hopByHop, segment, index % 2);
  }
  return segment;
}

function passing(name: string, frame: Buffer): Case {
  return { name, frame, counted: 'STAT_SKIPPED_ICMP' };
}

function dropped(name: string, frame: Buffer): Case {
  return { name, frame, counted: 'STAT_ICMP_DROPPED', verdict: XDP_DROP };
}
