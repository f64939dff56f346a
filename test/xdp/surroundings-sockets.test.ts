import assert from 'node:assert/strict';
import { Encounter } from '../helpers/encounter.ts';
import { eventually } from '../helpers/eventually.ts';
import { portRange } from '../helpers/kernel.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { host4, host6 } from '../helpers/watched-host.ts';

/*
 * Real traffic to real sockets: the sensor is attached from outside, in another namespace than its own. Ports are below
 * the ephemeral ones. Of each source: changes, score, new ports found open and closed.
 */
const any4 = '0.0.0.0';
/** Another address of the watched host. */
const other4 = '10.78.0.1';

privilegedTest(
  'a listener on all addresses is open at each, one on a single address at that alone',
  async (t) => {
    const scene = await Encounter.create(t);
    await scene.host.listen({ host: any4, port: 7001 });
    await scene.host.listen({ host: host4, port: 7002 });
    await scene.host.listen({ host: other4, port: 7003 });
    await scene.craft({ ports: portRange(7000, 4) });
    await scene.becomes({ changes: 3, score: 0, open: 2, closed: 2 });
    await scene.craft({ ports: portRange(7000, 4), source: '10.77.2.2', target: other4 });
    await scene.becomes({ changes: 3, score: 0, open: 2, closed: 2 }, '10.77.2.2');
  },
);

privilegedTest(
  'a dual-stack listener is open to IPv4 and IPv6, one for IPv6 only to IPv6 alone',
  async (t) => {
    const scene = await Encounter.create(t);
    await scene.host.listen({ host: '::', port: 7001 });
    await scene.host.listen({ host: '::', port: 7002, ipv6Only: true });
    for (const port of [7001, 7002]) {
      await scene.peer.connect({ host: host4, port });
      await scene.peer.connect({ host: host6, port });
    }
    await scene.becomes({ changes: 1, score: 0, open: 1, closed: 1 }, scene.address.ipv4);
    await scene.becomes({ changes: 1, score: -2, open: 2, closed: 0 }, scene.address.ipv6);
  },
);

privilegedTest('a UDP socket that is not connected is open to anybody, where it is bound', async (t) => {
  const scene = await Encounter.create(t);
  await scene.host.bind({ type: 'udp4', address: any4, port: 7001 });
  await scene.host.bind({ type: 'udp6', address: '::', port: 7002 });
  await scene.host.bind({ type: 'udp4', address: other4, port: 7003 });
  await scene.peer.send({ type: 'udp4', address: host4, ports: [7001, 7002, 7003] });
  await scene.becomes({ changes: 2, score: -1, open: 2, closed: 1 });
});

privilegedTest(
  'to a connected UDP socket its peer is a flow, anybody else finds the port closed',
  async (t) => {
    const scene = await Encounter.create(t);
    const remote = { address: scene.address.ipv4, port: 5000 };
    for (const port of portRange(7001, 5)) await scene.host.bind({ type: 'udp4', port, remote });
    await scene.peer.send({ type: 'udp4', from: 5000, address: host4, ports: portRange(7001, 5) });
    await scene.counts({ STAT_FLOW: 4 });
    await scene.peer.send({ type: 'udp4', from: 6000, address: host4, ports: portRange(7001, 3) });
    await scene.becomes({ changes: 2, score: 3, open: 0, closed: 3 });
  },
);

privilegedTest('sockets that share a port are one open port, until the last is closed', async (t) => {
  const scene = await Encounter.create(t);
  for (const _ of [1, 2]) {
    await scene.host.listen({ host: any4, port: 7001, reusePort: true });
    await scene.host.bind({ type: 'udp4', port: 7002, reusePort: true });
  }
  await scene.craft({ ports: [7001] });
  await scene.peer.send({ type: 'udp4', address: host4, ports: [7002] });
  await scene.becomes({ changes: 1, score: -2, open: 2, closed: 0 });
  await scene.host.closeListeners(1);
  await scene.craft({ ports: [7000, 7001], source: '10.77.2.2' });
  await scene.becomes({ changes: 1, score: 0, open: 1, closed: 1 }, '10.77.2.2');
  await scene.host.closeListeners(1);
  let attempt = 2;
  await eventually('the answer of before is forgotten, within two seconds', async () => {
    attempt += 1;
    const source = `10.77.2.${attempt}`;
    await scene.craft({ ports: [7001, 7004], source });
    return scene.outcome(source)?.closed === 2;
  });
});

privilegedTest('what comes to connections in TIME_WAIT is a flow, on either side of them', async (t) => {
  const scene = await Encounter.create(t);
  const listening = portRange(7001, 3);
  for (const port of listening) await scene.host.listen({ host: any4, port });
  await scene.peer.listen({ host: any4, port: 443 });
  for (const port of listening) await scene.peer.connect({ host: host4, port, localPort: 50_000 + port });
  const outgoing = await scene.host.connect({ host: scene.address.ipv4, port: 443 });
  assert.ok(outgoing !== null);
  await scene.host.end();
  await scene.craft({ ports: [7009] }); // the last port recorded is another one than theirs
  const outcome = { changes: 3, score: -2, open: 3, closed: 1 };
  await scene.becomes(outcome);
  const before = scene.grown('STAT_FLOW');
  for (const port of listening) await scene.craft({ ports: [port], from: 50_000 + port, flags: ['ack'] });
  await scene.craft({ ports: [outgoing], from: 443, flags: ['ack'] });
  await eventually('they are flows', () => scene.grown('STAT_FLOW') >= before + 4);
  await scene.counts({ STAT_LATE: 0, STAT_BACKSCATTER: 0 });
  await scene.becomes(outcome);
});

privilegedTest(
  'with SYN cookies the end of a handshake may count once more, but scores nothing',
  async (t) => {
    const scene = await Encounter.create(t);
    await scene.site.host.exec('sysctl', ['-qw', 'net.ipv4.tcp_syncookies=2']);
    const ports = portRange(7001, 4);
    for (const port of ports) await scene.host.listen({ host: any4, port });
    for (const port of ports) await scene.peer.connect({ host: host4, port });
    await scene.becomes({ changes: 3, score: -4, open: 4, closed: 0 });
    assert.ok((await scene.hostCounter('TcpExtSyncookiesSent')) >= 4);
    // what is seen of handshakes that overlap: no socket has the four-tuple yet, the listener takes the ACK
    await scene.craft({ ports: [7001, 7002], flags: ['ack'] });
    await scene.becomes({ changes: 5, score: -4, open: 4, closed: 0 });
  },
);

privilegedTest('a flood that fills a backlog does not make the port closed to others', async (t) => {
  const scene = await Encounter.create(t);
  await scene.site.host.exec('sysctl', ['-qw', 'net.ipv4.tcp_syncookies=1']);
  for (const port of [7001, 7002]) await scene.host.listen({ host: any4, port, backlog: 1 });
  for (let n = 1; n <= 20; n += 1) await scene.craft({ ports: [7001], source: `10.77.3.${n}` });
  assert.ok((await scene.hostCounter('TcpExtSyncookiesSent')) > 0);
  for (const port of [7001, 7002]) assert.notEqual(await scene.peer.connect({ host: host4, port }), null);
  await scene.becomes({ changes: 1, score: -2, open: 2, closed: 0 });
  await scene.becomes({ changes: 0, score: 0, open: 0, closed: 0 }, '10.77.3.1');
});

privilegedTest(
  'a stranger at the ports of connected UDP sockets does not make a scanner of their peer',
  async (t) => {
    const scene = await Encounter.create(t);
    const [peer, stranger] = ['10.77.2.2', '10.77.2.3'];
    const ports = portRange(7001, 5);
    for (const port of ports) {
      await scene.host.bind({ type: 'udp4', port, remote: { address: peer, port: 5000 } });
    }
    await scene.craft({ protocol: 'udp', ports, from: 6000, source: stranger });
    await scene.becomes({ changes: 4, score: 4, open: 0, closed: 5 }, stranger);
    await scene.craft({ protocol: 'udp', ports, from: 5000, source: peer });
    await scene.becomes({ changes: 0, score: 0, open: 0, closed: 0 }, peer);
  },
);

privilegedTest(
  'an open port that comes first is scored, also of a source that never answers and keeps its source port',
  async (t) => {
    const scene = await Encounter.create(t);
    await scene.host.listen({ host: any4, port: 7001 });
    const source = '10.77.2.2';
    await scene.craft({ ports: [7001, 7002], from: 40_000, source });
    await scene.becomes({ changes: 1, score: 0, open: 1, closed: 1 }, source);
  },
);
