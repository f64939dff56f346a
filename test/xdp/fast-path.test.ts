import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enumerators, field, size } from '../../src/producer/native.ts';
import { BpfMachine, type Run } from '../helpers/bpf-machine.ts';
import { readBpfProgram } from '../helpers/bpf-object.ts';
import { ethernet, ipv4, ipv6, tcp, tcpFlags } from '../helpers/frame.ts';

/**
 * What a packet takes on the fast path, counted and not timed: a busy machine changes nothing. The limits of instructions
 * leave room for another compiler, but less than a fifth of what is taken: a program that takes less is to get lower ones.
 */
const dearer = 1.2;

type Cost = Omit<Run, 'verdict'>;

interface Path {
  name: string;
  countAll?: boolean;
  /** The nth packet. */
  packet: (n: number) => Buffer;
  /** What each packet adds one to: that it takes the way that is meant. */
  counted: string;
  /** Of a packet, the mean. */
  limits: Cost;
}

const own = '198.51.100.1';
const other = '198.51.100.2';
const probe4 = (to: number, destination = own, flags: number = tcpFlags.syn) =>
  ethernet(ipv4({ destination }, tcp({ to, flags })));
const portOf = (n: number) => 1024 + n;

const paths: Path[] = [
  {
    name: 'the same port, IPv4',
    packet: () => probe4(80),
    counted: 'STAT_PACKETS_IPV4',
    limits: { instructions: 145, helpers: 2, lines: 4 },
  },
  {
    name: 'the same port, IPv6',
    packet: () => ethernet(ipv6({}, tcp())),
    counted: 'STAT_PACKETS_IPV6',
    limits: { instructions: 170, helpers: 2, lines: 4 },
  },
  {
    name: 'the same port, VLAN',
    packet: () => ethernet(ipv4({}, tcp()), [7]),
    counted: 'STAT_PACKETS_IPV4',
    limits: { instructions: 155, helpers: 2, lines: 4 },
  },
  {
    name: 'a new port, policy all',
    countAll: true,
    packet: (n) => probe4(portOf(n)),
    counted: 'STAT_PORT_CHANGES',
    limits: { instructions: 600, helpers: 7, lines: 7 },
  },
  {
    name: 'a new port, policy all, IPv6',
    countAll: true,
    packet: (n) => ethernet(ipv6({}, tcp({ to: portOf(n) }))),
    counted: 'STAT_PORT_CHANGES',
    limits: { instructions: 605, helpers: 7, lines: 7 },
  },
  {
    name: 'a new port, after the verdict',
    packet: (n) => probe4(portOf(n)),
    counted: 'STAT_PORT_CHANGES',
    limits: { instructions: 680, helpers: 8, lines: 8 },
  },
  {
    name: 'a new port, by a packet that sockets are asked about',
    packet: (n) => probe4(portOf(n), own, tcpFlags.ack),
    counted: 'STAT_SOCKET_LOOKUPS',
    limits: { instructions: 840, helpers: 13, lines: 11 },
  },
  {
    name: 'a new port of another host',
    packet: (n) => probe4(portOf(n), other),
    counted: 'STAT_PORT_CHANGES',
    limits: { instructions: 760, helpers: 9, lines: 8 },
  },
  {
    name: 'an ACK to another host, which is not an attempt',
    packet: (n) => probe4(portOf(n), other, tcpFlags.ack),
    counted: 'STAT_FORWARDED',
    limits: { instructions: 430, helpers: 6, lines: 7 },
  },
  {
    name: 'a new source that a full bucket turns away',
    packet: (n) => ethernet(ipv4({ source: `192.0.2.${n}` }, tcp())),
    counted: 'STAT_PACKETS_IPV4',
    limits: { instructions: 585, helpers: 7.5, lines: 6.5 },
  },
];

const warmUp = 50;
const measured = 100;

for (const { name, countAll = false, packet, counted, limits } of paths) {
  test(`${name}: a packet takes no more than it did`, (t) => {
    const machine = openMachine(countAll);
    for (let n = 0; n < warmUp; n++) machine.run(packet(n));
    const before = statistic(machine, counted);
    const runs = Array.from({ length: measured }, (_, n) => machine.run(packet(warmUp + n)));
    const cost = mean(runs);
    t.diagnostic(JSON.stringify(cost));
    assert.ok(runs.every(({ verdict }) => verdict === pass));
    assert.equal(statistic(machine, counted) - before, BigInt(measured), `not all are ${counted}`);
    assert.ok(
      cost.instructions <= limits.instructions &&
        cost.helpers <= limits.helpers &&
        cost.lines <= limits.lines,
      `${JSON.stringify(cost)} is more than ${JSON.stringify(limits)}`,
    );
    assert.ok(
      limits.instructions < cost.instructions * dearer,
      `lower the limit: ${cost.instructions} instructions suffice`,
    );
  });
}

const pass = 2;

/**
 * The program with a table of one bucket and a threshold that is never crossed. Secrets of 0 make the hash of an IPv4
 * address the address itself.
 */
function openMachine(countAll: boolean): BpfMachine {
  const ways = 8;
  const object = new URL('../../build/port_ticker.bpf.o', import.meta.url).pathname;
  const machine = new BpfMachine(readBpfProgram(object, 'xdp', 'port_ticker'), {
    heads: { valueSize: ways * size('head') },
    sources: { valueSize: ways * size('source') },
    settings: { valueSize: 8 + 2 * size('settings') },
    counters: { valueSize: size('counters') },
    ring: { valueSize: size('event') },
    statistics: { valueSize: 8 * statisticIndex('STAT_COUNT') },
    own_addresses: { valueSize: 8 * 4096 * ways },
    answers: { valueSize: 8 * 65_536 },
    open_ports: { valueSize: 8, entries: 1024 },
  });
  const settings = machine.memory('settings').subarray(8);
  settings.writeUInt32LE(0xffff_ffff, field('settings', 'threshold', 4));
  settings.writeUInt8(Number(countAll), field('settings', 'count_all', 1));
  settings.writeUInt16LE(32_768, field('settings', 'ephemeral_low', 2));
  settings.writeUInt16LE(60_999, field('settings', 'ephemeral_high', 2));
  machine.memory('.rodata').writeBigUInt64LE(0xd6e8feb86659fd93n, 8 * 3); // the secret of ports, the last of four
  const ownWord = Buffer.from(own.split('.').map(Number)).readUInt32LE() | 1;
  machine.memory('own_addresses').writeUInt32LE(ownWord);
  return machine;
}

function statistic(machine: BpfMachine, name: string): bigint {
  return machine.memory('statistics').readBigUInt64LE(8 * statisticIndex(name));
}

function statisticIndex(name: string): number {
  return enumerators('statistic')[name] ?? Number.NaN;
}

function mean(runs: readonly Run[]): Cost {
  const of = (key: keyof Cost) => runs.reduce((sum, run) => sum + run[key], 0) / runs.length;
  return { instructions: of('instructions'), helpers: of('helpers'), lines: of('lines') };
}
