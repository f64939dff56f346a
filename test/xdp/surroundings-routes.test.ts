import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { watchLinks } from '../../src/producer/native.ts';
import type { Cleanup } from '../helpers/cleanup.ts';
import { lastFirst } from '../helpers/cleanup.ts';
import { Encounter } from '../helpers/encounter.ts';
import { ethernet, ipv4, tcp } from '../helpers/frame.ts';
import { Host } from '../helpers/host.ts';
import { Kernel, portRange } from '../helpers/kernel.ts';
import { bitsOf, portOf } from '../helpers/ports.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { host4, hostDevice, peerDevice } from '../helpers/watched-host.ts';

/* Which addresses are the host's own, and by which ways packets come to it: real traffic. */
const any4 = '0.0.0.0';
const inner4 = '10.79.0.3';
const published = portRange(8001, 5);

privilegedTest(
  'traffic to another host counts, but the sockets of the router say nothing of it',
  async (t) => {
    const { scene, inner } = await withInnerHost(t);
    const ports = portRange(7001, 5);
    await inner.listen({ host: any4, port: 7001 });
    for (const port of ports) await scene.host.listen({ host: any4, port });
    assert.notEqual(await scene.peer.connect({ host: inner4, port: 7001 }), null);
    for (const port of ports.slice(1)) assert.equal(await scene.peer.connect({ host: inner4, port }), null);
    await scene.becomes({ changes: 4, score: 0, open: 0, closed: 0 });
    assert.equal(scene.grown('STAT_SOCKET_LOOKUPS'), 0);
    await scene.peer.send({ type: 'udp4', from: 5000, address: inner4, ports });
    await scene.becomes({ changes: 9, score: 0, open: 0, closed: 0 });
    const before = scene.grown('STAT_FORWARDED');
    await scene.peer.send({ type: 'udp4', from: 500, address: inner4, ports: portRange(901, 4) });
    await scene.counts({ STAT_FORWARDED: before + 4 });
    await scene.becomes({ changes: 9, score: 0, open: 0, closed: 0 });
  },
);

privilegedTest('a published port with a userland proxy is a listener of the host: open', async (t) => {
  const { scene, inner } = await withInnerHost(t);
  await publish(scene, inner);
  for (const port of published) await scene.host.listen({ host: any4, port });
  await reachPublished(scene);
  await scene.becomes({ changes: 4, score: -4, open: 5, closed: 0 });
  assert.deepEqual(scene.site.kernel.events(), []);
});

privilegedTest(
  'a published port without a proxy is closed to the look-up, and a verdict falls',
  async (t) => {
    const { scene, inner } = await withInnerHost(t);
    await publish(scene, inner);
    await reachPublished(scene);
    await scene.becomes({ changes: 4, score: 4, open: 0, closed: 5 });
    assert.deepEqual(
      scene.site.kernel.events().map(({ reason }) => reason),
      ['CLOSED_PORTS'],
    );
  },
);

privilegedTest('a published port without a proxy is open when it is named among OPEN_PORTS', async (t) => {
  const { scene, inner } = await withInnerHost(t);
  await publish(scene, inner);
  scene.site.kernel.sensor.setOpenPorts(bitsOf(published));
  await reachPublished(scene);
  await scene.becomes({ changes: 4, score: -4, open: 5, closed: 0 });
  assert.deepEqual(scene.site.kernel.events(), []);
});

privilegedTest("sockets are those of the device's namespace, not those of the sensor's own", async (t) => {
  const scene = await Encounter.create(t);
  const server = createServer().listen(0, any4);
  t.after(() => server.close());
  await once(server, 'listening');
  const mine = portOf(server);
  await scene.host.listen({ host: any4, port: 7001 });
  await scene.craft({ ports: [7000, 7001, mine] });
  await scene.becomes({ changes: 2, score: 1, open: 1, closed: 2 });
});

privilegedTest('multicast and broadcast, of IPv4 and IPv6, are no attempts', async (t) => {
  const scene = await Encounter.create(t);
  const ports = portRange(7001, 5);
  await scene.host.bind({ type: 'udp4', address: any4, port: 7001 });
  const ip = (...args: string[]) => scene.site.peers.exec('ip', args);
  await ip('route', 'add', 'default', 'dev', peerDevice);
  for (const address of ['224.0.0.251', '239.255.255.250', '255.255.255.255', '10.77.255.255']) {
    await scene.peer.send({ type: 'udp4', from: 5000, address, ports });
  }
  await scene.peer.send({ type: 'udp6', from: 5000, address: `ff02::fb%${peerDevice}`, ports });
  await scene.counts({ STAT_GROUP: 25 });
  await scene.becomes(null);
});

privilegedTest('addresses that come and go later are asked about while they are there', async (t) => {
  const scene = await Encounter.create(t);
  const links = watchLinks(scene.site.host.path);
  t.after(() => links.close());
  const added = '10.77.9.9';
  const changeAddress = async (verb: string) => {
    const heard = new Promise<void>((resolve) => {
      changed = resolve;
    });
    links.arm();
    await scene.site.host.exec('ip', ['address', verb, `${added}/32`, 'dev', hostDevice]);
    await heard;
    scene.site.kernel.sensor.refreshSurroundings();
  };
  let changed = () => {};
  links.onChange(() => changed());
  const probe = (source: string, first: number) =>
    scene.craft({ ports: portRange(first, 3), source, target: added });

  await scene.site.peers.exec('ip', ['route', 'add', `${added}/32`, 'via', host4]);
  await probe('10.77.2.1', 7001);
  await scene.becomes({ changes: 2, score: 0, open: 0, closed: 0 }, '10.77.2.1');
  await changeAddress('add');
  await probe('10.77.2.2', 7011);
  await scene.becomes({ changes: 2, score: 3, open: 0, closed: 3 }, '10.77.2.2');
  await changeAddress('delete');
  await probe('10.77.2.3', 7021);
  await scene.becomes({ changes: 2, score: 0, open: 0, closed: 0 }, '10.77.2.3');
});

privilegedTest(
  'the packets of a VLAN are judged by the sockets of the namespace, like any others',
  async (t) => {
    const kernel = await Kernel.open(t); // frames that are run here ask the sockets of this process
    kernel.configure({ threshold: 1 });
    const server = createServer().listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    for (const tags of [[], [5], [5, 7]]) {
      const source = `192.0.2.${1 + tags.length}`;
      for (const to of [7001, portOf(server)]) {
        kernel.run(ethernet(ipv4({ source, destination: '127.0.0.1' }, tcp({ to })), tags));
      }
      const { score, open, closed } = kernel.evidence(source) ?? {};
      assert.deepEqual({ score, open, closed }, { score: 0, open: 1, closed: 1 });
    }
  },
);

/** A third namespace, whose traffic the watched host forwards. */
async function withInnerHost(t: Cleanup): Promise<{ scene: Encounter; inner: Host }> {
  const cleanup = lastFirst(t);
  const scene = await Encounter.create(cleanup);
  const { sandbox, host, peers } = scene.site;
  const inside = await sandbox.namespace('inside');
  await sandbox.veth(
    { namespace: host, device: 'bridge0', addresses: ['10.79.0.1/24'] },
    { namespace: inside, device: 'inner0', addresses: [`${inner4}/24`] },
  );
  await inside.exec('ip', ['route', 'add', '10.77.0.0/16', 'via', '10.79.0.1']);
  await peers.exec('ip', ['route', 'add', '10.79.0.0/24', 'via', host4]);
  await host.exec('sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
  scene.site.kernel.sensor.refreshSurroundings();
  return { scene, inner: await Host.start(cleanup, inside) };
}

/** Ports of the host that lead to the inner one, as Docker sets them up. */
async function publish({ site }: Encounter, inner: Host): Promise<void> {
  const rules = `
    table ip nat {
      chain prerouting {
        type nat hook prerouting priority dstnat;
        iifname "${hostDevice}" ip daddr ${host4} tcp dport ${published[0]}-${published.at(-1)} dnat to ${inner4}
      }
    }`;
  await site.host.exec('sh', ['-c', `echo '${rules}' | nft -f -`]);
  for (const port of published) await inner.listen({ host: any4, port });
}

async function reachPublished(scene: Encounter): Promise<void> {
  for (const port of published) assert.notEqual(await scene.peer.connect({ host: host4, port }), null);
}
