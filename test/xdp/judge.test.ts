import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { ethernet, icmp, ipv4, sctp, tcp, tcpFlags, udp } from '../helpers/frame.ts';
import { Kernel, portRange } from '../helpers/kernel.ts';
import { bitsOf } from '../helpers/ports.ts';
import { privilegedTest } from '../helpers/privileged.ts';

/*
 * Frames to 127.0.0.1, whose sockets are those of this process: nothing is sent, BPF_PROG_TEST_RUN asks the sockets of
 * the namespace it is called in.
 */
const own = '127.0.0.1';
const elsewhere = '198.51.100.1';
const source = '192.0.2.7';
type Segment = Parameters<typeof ipv4>[1];

function run(kernel: Kernel, segment: Segment, { from = source, to = own, ttl = 64 } = {}): void {
  kernel.run(ethernet(ipv4({ source: from, destination: to, ttl }, segment)));
}

privilegedTest('open ports walk the score down, closed ones up, each port once', async (t) => {
  const kernel = await Kernel.open(t);
  const open = await Promise.all(portRange(0, 2).map(() => listen(t)));
  for (const to of [...open, ...open, ...open]) run(kernel, tcp({ to }));
  assert.equal(kernel.evidence(source)?.score, -2);
  const closed = portRange(11_000, 4); // with the open ones six: all remembered exactly
  for (const to of [...closed, ...closed]) run(kernel, tcp({ to }));
  assert.deepEqual(kernel.evidence(source), {
    score: 2,
    closed: 4,
    open: 2,
    kinds: ['SYN'],
    tool: 'TOOL_NONE',
  });
  assert.equal(kernel.count(source), 13);
  assert.deepEqual(kernel.events(), []);
});

privilegedTest('the score stays within -4 and +4, and the verdict is told once an episode', async (t) => {
  const kernel = await Kernel.open(t);
  kernel.configure({ threshold: 1000 });
  const open = await Promise.all(portRange(0, 6).map(() => listen(t)));
  for (const to of open) run(kernel, tcp({ to }));
  assert.equal(kernel.evidence(source)?.score, -4);
  for (const to of portRange(11_000, 100)) run(kernel, tcp({ to }));
  assert.equal(kernel.evidence(source)?.score, 4);
  assert.equal(kernel.events().length, 1);
});

privilegedTest(
  'a verdict that found no room in the ring is told later, whatever is found open meanwhile',
  async (t) => {
    const kernel = await Kernel.open(t, { ringBytes: 4096 });
    kernel.configure({ threshold: 1000 });
    const [open = 0, ...closed] = portRange(11_000, 5);
    kernel.sensor.setOpenPorts(bitsOf([open]));
    for (let other = 0; other < 40; other += 1) {
      for (const to of closed) run(kernel, tcp({ to }), { from: `10.0.0.${other}` });
    }
    assert.ok((kernel.changes()['STAT_RING_FULL'] ?? 0) > 0);

    for (const to of closed) run(kernel, tcp({ to }));
    run(kernel, udp({ to: open }));
    assert.equal(kernel.evidence(source)?.score, 4);
    assert.equal(kernel.sweep(1000).filter((event) => event.source === source).length, 1);
    kernel.sensor.setOpenPorts(bitsOf([open, open + 6]));
    run(kernel, udp({ to: open + 6 }));
    assert.equal(kernel.evidence(source)?.score, 3, 'what is told may come down');
  },
);

privilegedTest('a peer that retries one closed port 1 000 times is no scanner', async (t) => {
  const kernel = await Kernel.open(t);
  for (let retry = 0; retry < 1000; retry += 1) run(kernel, tcp({ to: 11_000, from: 40_000 + retry }));
  assert.equal(kernel.count(source), 0);
  assert.deepEqual(kernel.events(), []);
});

privilegedTest('the packets of established connections are flows, on whatever ports', async (t) => {
  const kernel = await Kernel.open(t);
  const { port, sockets } = await connections(t, 40);
  for (const socket of sockets) {
    run(kernel, tcp({ from: port, to: socket.localPort ?? 0, flags: tcpFlags.ack }), { from: own });
    run(kernel, tcp({ from: port, to: socket.localPort ?? 0, flags: tcpFlags.ack | tcpFlags.psh }), {
      from: own,
    });
  }
  assert.equal(kernel.count(own), null, 'a source of flows alone takes no place in the table');
  assert.equal(kernel.changes()['STAT_FLOW'], 80);
});

privilegedTest(
  'replies, late segments and backscatter are no attempts, and are counted by cause',
  async (t) => {
    const kernel = await Kernel.open(t);
    const ephemeral = portRange(40_000, 30);
    for (const to of ephemeral) run(kernel, udp({ from: 53, to }));
    assert.equal(kernel.changes()['STAT_REPLY'], 30);
    for (const to of ephemeral) run(kernel, tcp({ from: 443, to, flags: tcpFlags.ack }));
    assert.equal(kernel.changes()['STAT_LATE'], 30);
    for (const to of ephemeral) run(kernel, tcp({ from: 443, to, flags: tcpFlags.syn | tcpFlags.ack }));
    for (const to of ephemeral) run(kernel, tcp({ from: 443, to, flags: tcpFlags.rst }));
    assert.equal(kernel.changes()['STAT_BACKSCATTER'], 60);
    assert.equal(kernel.count(source), null);
  },
);

privilegedTest('a first fragment with a whole TCP header is what its flags say', async (t) => {
  const kernel = await Kernel.open(t);
  const fragment = (segment: Segment, from: string) =>
    kernel.run(ethernet(ipv4({ source: from, destination: own, moreFragments: true }, segment)));
  for (const to of portRange(40_000, 4)) fragment(tcp({ from: 443, to, flags: tcpFlags.ack }), source);
  assert.equal(kernel.count(source), null, 'a flow that a router has cut up');
  assert.equal(kernel.changes()['STAT_LATE'], 4);

  const scanner = '192.0.2.8';
  for (const to of portRange(11_000, 4)) fragment(tcp({ to }), scanner);
  assert.deepEqual(kernel.evidence(scanner)?.kinds, ['SYN']);
  const [event] = kernel.events();
  assert.equal(event?.tcpFlags, tcpFlags.syn);
});

privilegedTest('policy all counts them all, as the original did', async (t) => {
  const kernel = await Kernel.open(t);
  kernel.configure({ countAll: true });
  for (const to of portRange(40_000, 31)) run(kernel, udp({ from: 53, to }));
  assert.equal(kernel.count(source), 30);
  run(kernel, sctp({ to: 1 }));
  run(kernel, sctp({ to: 2 }));
  assert.equal(kernel.count(source), 30, 'the original knew no SCTP');
});

privilegedTest(
  'to another host only what is an attempt by its looks counts, and nothing is scored',
  async (t) => {
    const kernel = await Kernel.open(t);
    const to = elsewhere;
    const xmas = tcpFlags.fin | tcpFlags.psh | tcpFlags.urg;
    for (const flags of [tcpFlags.syn, 0, tcpFlags.fin, xmas]) {
      const from = `10.0.0.${flags + 1}`;
      for (const port of portRange(11_000, 11)) run(kernel, tcp({ to: port, flags }), { from, to });
      assert.equal(kernel.count(from), 10);
      assert.equal(kernel.evidence(from)?.score, 0);
    }
    kernel.changes();
    for (const port of portRange(11_000, 11)) run(kernel, tcp({ to: port, flags: tcpFlags.ack }), { to });
    for (const port of portRange(11_000, 11)) run(kernel, udp({ from: 500, to: port }), { to });
    assert.equal(kernel.count(source), null);
    assert.equal(kernel.changes()['STAT_FORWARDED'], 11);
  },
);

privilegedTest('multicast and broadcast are no attempts', async (t) => {
  const kernel = await Kernel.open(t);
  for (const port of portRange(11_000, 30)) {
    const frame = ethernet(ipv4({ source, destination: '224.0.0.251' }, udp({ to: port })));
    frame[0] = 0x01;
    kernel.run(frame);
  }
  assert.equal(kernel.changes()['STAT_GROUP'], 30);
});

privilegedTest('traceroute counts, but does not score', async (t) => {
  const kernel = await Kernel.open(t);
  for (const port of portRange(33_434, 16)) run(kernel, udp({ to: port }), { ttl: 1 + (port % 6) });
  assert.equal(kernel.count(source), 15);
  assert.equal(kernel.evidence(source)?.score, 0);
  assert.deepEqual(kernel.events(), []);
});

privilegedTest('a port that listens elsewhere counts as open', async (t) => {
  const kernel = await Kernel.open(t);
  const bits = new Uint8Array(8192);
  for (const port of portRange(11_000, 5)) bits[port >> 3] = (bits[port >> 3] ?? 0) | (1 << (port & 7));
  kernel.sensor.setOpenPorts(bits);
  for (const port of portRange(11_000, 5)) run(kernel, tcp({ to: port }));
  assert.equal(kernel.evidence(source)?.score, -4);
});

privilegedTest('kinds of probe are told apart under the names of nmap', async (t) => {
  const kernel = await Kernel.open(t);
  const { syn, fin, ack, psh, urg, rst } = tcpFlags;
  const cases: [Segment, string][] = [
    [tcp({ flags: syn }), 'SYN'],
    [tcp({ flags: 0 }), 'NULL'],
    [tcp({ flags: fin }), 'FIN'],
    [tcp({ flags: fin | psh | urg }), 'XMAS'],
    [tcp({ flags: ack }), 'ACK'],
    [tcp({ flags: fin | ack }), 'MAIMON'],
    [tcp({ flags: syn | fin }), 'UNUSUAL_FLAGS'],
    [udp(), 'UDP'],
    [sctp({ chunk: 1 }), 'SCTP_INIT'],
    [sctp({ chunk: 10 }), 'SCTP_COOKIE_ECHO'],
  ];
  assert.equal(rst, 4);
  cases.forEach(([segment, kind], index) => {
    const from = `10.0.1.${index + 1}`;
    run(kernel, segment, { from });
    assert.deepEqual(kernel.evidence(from)?.kinds, [kind]);
  });
});

const portless = (protocol: number) => ({ protocol, bytes: Buffer.alloc(8) });
/** Neither TCP, UDP, SCTP nor ICMP, and no IPv6 extension. */
const bareProtocols = portRange(61, 40);

privilegedTest(
  'a scan of IP protocols is a sweep of targets, without a port and without a score',
  async (t) => {
    const kernel = await Kernel.open(t);
    for (const protocol of bareProtocols) run(kernel, portless(protocol));
    const [event, ...others] = kernel.events();
    assert.deepEqual(others, []);
    const { reason, changeCount, ports, distinctPorts, kinds, score, protocol } = event ?? {};
    assert.deepEqual(
      { reason, changeCount, ports, distinctPorts, kinds, score },
      { reason: 'SWEEP', changeCount: 0, ports: [], distinctPorts: 0, kinds: ['IP_PROTOCOL'], score: 0 },
    );
    assert.ok(protocol !== undefined && protocol !== null && bareProtocols.includes(protocol));
    assert.ok((event?.targets ?? 0) >= 21, String(event?.targets));
  },
);

privilegedTest('a ping and a tunnel to one host are no kinds of probe', async (t) => {
  const kernel = await Kernel.open(t);
  for (let time = 0; time < 100; time += 1) {
    run(kernel, icmp(8));
    run(kernel, portless(47), { from: '192.0.2.8' });
  }
  assert.deepEqual(kernel.evidence(source)?.kinds, []);
  assert.deepEqual(kernel.evidence('192.0.2.8')?.kinds, []);
  assert.deepEqual(kernel.events(), []);
});

privilegedTest('what was pinged first is counted all the same: from its first port on', async (t) => {
  const kernel = await Kernel.open(t);
  kernel.configure({ threshold: 3 });
  run(kernel, icmp(8));
  assert.equal(kernel.count(source), 0);
  for (const to of [9001, 9002, 9003, 9003, 9004]) run(kernel, tcp({ to }));
  assert.equal(kernel.count(source), 3);
  const { score, closed } = kernel.evidence(source) ?? {};
  assert.deepEqual({ score, closed }, { score: 4, closed: 4 }, 'the first port is judged like the others');
  assert.deepEqual(kernel.entry(source)?.ports, [9001, 9002, 9003, 9004]);
});

privilegedTest('policy all knows no protocols without ports', async (t) => {
  const kernel = await Kernel.open(t);
  kernel.configure({ countAll: true });
  for (const protocol of bareProtocols) run(kernel, portless(protocol));
  assert.equal(kernel.count(source), null);
});

async function listen(t: TestContext): Promise<number> {
  const server = createServer();
  t.after(() => server.close());
  return portOf(await listening(server));
}

async function listening(server: Server): Promise<Server> {
  server.listen(0, own);
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function connections(t: TestContext, count: number): Promise<{ port: number; sockets: Socket[] }> {
  const server = await listening(createServer());
  const port = portOf(server);
  const sockets = portRange(0, count).map(() => connect(port, own));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  return { port, sockets };
}
