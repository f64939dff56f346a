import assert from 'node:assert/strict';
import { Encounter } from '../helpers/encounter.ts';
import { eventually } from '../helpers/eventually.ts';
import { portRange } from '../helpers/kernel.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { host4, peerDevice } from '../helpers/watched-host.ts';

/* What peers send because the watched host spoke first: real traffic, real sockets. Ephemeral ports begin at 32 768. */
const any4 = '0.0.0.0';
const ephemeral = portRange(40_001, 5);
const closed = portRange(7001, 5);

privilegedTest('what comes of aborted downloads is a flow for two seconds more, then late', async (t) => {
  const scene = await Encounter.create(t);
  await scene.peer.listen({ host: any4, port: 443, greeting: 4_000_000 });
  // a queue on the way, so that segments still come when the socket has gone
  const queue = ['tbf', 'rate', '20mbit', 'burst', '32k', 'limit', '3m'];
  await scene.site.peers.exec('tc', ['qdisc', 'replace', 'dev', peerDevice, 'root', ...queue]);
  const ports: number[] = [];
  // one reset of each abort, the others in answer to segments that found no socket
  await eventually('segments come late', async () => {
    ports.push((await scene.host.connect({ host: scene.address.ipv4, port: 443 })) ?? 0);
    await scene.host.abort();
    return (await scene.hostCounter('TcpOutRsts')) > ports.length;
  });
  await scene.counts({ STAT_LATE: 0 });
  assert.ok(scene.grown('STAT_FLOW') > 0);
  await eventually('they are late', async () => {
    await scene.craft({ ports, from: 443, flags: ['ack'] });
    return scene.grown('STAT_LATE') >= ports.length;
  });
  await scene.becomes(null);
});

privilegedTest('an ACK without a socket is late at an ephemeral port, an attempt below them', async (t) => {
  const scene = await Encounter.create(t);
  await scene.craft({ ports: ephemeral, from: 443, flags: ['ack'] });
  await scene.counts({ STAT_LATE: ephemeral.length });
  await scene.becomes(null);
  await scene.craft({ ports: closed.slice(0, 3), from: 443, flags: ['ack'] });
  await scene.becomes({ changes: 2, score: 3, open: 0, closed: 3 });
  assert.deepEqual(scene.site.kernel.evidence(scene.address.ipv4)?.kinds, ['ACK']);
});

privilegedTest(
  'SYN-ACK and RST that nobody asked for are backscatter, at ports open and closed',
  async (t) => {
    const scene = await Encounter.create(t);
    await scene.host.listen({ host: any4, port: 7001 });
    for (const flags of [['syn', 'ack'], ['rst'], ['rst', 'ack']]) {
      await scene.craft({ ports: [...closed, ...ephemeral], from: 443, flags });
    }
    await scene.counts({ STAT_BACKSCATTER: 30 });
    await scene.becomes(null);
  },
);

privilegedTest(
  'replies from ports below 1024 are no attempts, to sockets connected, open and gone',
  async (t) => {
    const scene = await Encounter.create(t);
    const remote = { address: scene.address.ipv4, port: 53 };
    const ports = [
      await scene.host.bind({ type: 'udp4' }),
      await scene.host.bind({ type: 'udp4', remote }),
      ...ephemeral,
    ];
    await scene.peer.send({ type: 'udp4', from: 53, address: host4, ports });
    await scene.counts({ STAT_REPLY: ports.length, STAT_FLOW: 0 });
    await scene.becomes(null);
  },
);

privilegedTest('replies from other ports are flows only to connected sockets', async (t) => {
  const scene = await Encounter.create(t);
  const remote = { address: scene.address.ipv4, port: 5353 };
  const connected = await scene.host.bind({ type: 'udp4', remote });
  await scene.peer.send({ type: 'udp4', from: 5353, address: host4, ports: [connected] });
  await scene.counts({ STAT_FLOW: 1 });
  await scene.becomes(null);
  const open = await scene.host.bind({ type: 'udp4' });
  await scene.peer.send({ type: 'udp4', from: 5353, address: host4, ports: [open, 32_769] });
  await scene.becomes({ changes: 1, score: 0, open: 1, closed: 1 });
});

privilegedTest('a scan from port 53 is seen below port 1024 alone', async (t) => {
  const scene = await Encounter.create(t);
  await scene.peer.send({ type: 'udp4', from: 53, address: host4, ports: [...closed, ...ephemeral] });
  await scene.counts({ STAT_REPLY: 10 });
  await scene.becomes(null);
  await scene.peer.send({ type: 'udp4', from: 53, address: host4, ports: [901, 902, 903] });
  await scene.becomes({ changes: 2, score: 3, open: 0, closed: 3 });
});
