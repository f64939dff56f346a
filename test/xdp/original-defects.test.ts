import assert from 'node:assert/strict';
import { packPrefixes, parsePrefix } from '../../src/common/address.ts';
import { noEvidence } from '../../src/common/event.ts';
import { severity } from '../../src/consumer/alerts/severity.ts';
import { cut, ethernet, icmp, ipv4, ipv6, ipv6Icmp, tcp, tcpFlags, udp } from '../helpers/frame.ts';
import { Kernel, portRange, XDP_DROP, XDP_PASS } from '../helpers/kernel.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { reportEntry } from '../helpers/records.ts';
import { Sandbox } from '../helpers/sandbox.ts';

/** The fourteen defects of the original port_ticker, as measured: none of them may come back. */

const source = '192.0.2.7';

privilegedTest(
  '1: packets with a total length of 256, 512, 768, 1024 or 1280 bytes pass and are counted',
  async (t) => {
    const kernel = await Kernel.open(t);
    const lengths = [256, 512, 768, 1024, 1280];
    lengths.forEach((length, index) => {
      const frame = ethernet(ipv4({ source }, udp({ to: 1000 + index }, Buffer.alloc(length - 28))));
      assert.equal(frame.readUInt16BE(16), length);
      assert.equal(kernel.run(frame), XDP_PASS);
    });
    assert.equal(kernel.count(source), lengths.length - 1);
  },
);

privilegedTest(
  '2: of ICMP only requests are dropped: path-MTU messages, errors and neighbour discovery pass',
  async (t) => {
    const kernel = await Kernel.open(t);
    assert.equal(kernel.run(ethernet(ipv4({}, icmp(8)))), XDP_DROP);
    assert.equal(kernel.run(ethernet(ipv4({}, icmp(3, 4)))), XDP_PASS, 'fragmentation needed');
    assert.equal(kernel.run(ethernet(ipv4({}, icmp(11)))), XDP_PASS, 'time exceeded');
    assert.equal(kernel.run(ethernet(ipv6({}, ipv6Icmp(2)))), XDP_PASS, 'packet too big');
    assert.equal(kernel.run(ethernet(ipv6({}, ipv6Icmp(135)))), XDP_PASS, 'neighbour solicitation');
    kernel.configure({ icmpEnable: true });
    assert.equal(kernel.run(ethernet(ipv4({}, icmp(8)))), XDP_PASS, 'icmp-enable 1');
  },
);

privilegedTest('3: destination port 0 passes and is counted like any other', async (t) => {
  const kernel = await Kernel.open(t);
  assert.equal(kernel.probe(source, [0, 1, 0]), 3);
  assert.equal(kernel.count(source), 2);
});

privilegedTest(
  '4: short TCP headers pass: those of a first fragment are counted, others are truncated',
  async (t) => {
    const kernel = await Kernel.open(t);
    assert.equal(
      kernel.run(ethernet(ipv4({ source, moreFragments: true }, cut(tcp({ to: 1 }), 8)))),
      XDP_PASS,
    );
    assert.equal(
      kernel.run(ethernet(ipv4({ source, moreFragments: true }, cut(tcp({ to: 2 }), 8)))),
      XDP_PASS,
    );
    assert.equal(kernel.count(source), 1);
    assert.equal(kernel.run(ethernet(ipv4({ source }, cut(tcp({ to: 3 }), 12)))), XDP_PASS);
    assert.equal(kernel.count(source), 1);
  },
);

privilegedTest('5: later fragments have no ports', async (t) => {
  const kernel = await Kernel.open(t);
  kernel.probe(source, [80]);
  for (let offset = 1; offset < 100; offset += 1) {
    kernel.run(ethernet(ipv4({ source, fragmentOffset: offset }, tcp({ to: offset }))));
  }
  assert.equal(kernel.count(source), 0);
});

privilegedTest('6: 30 DNS replies from one resolver are not reported', async (t) => {
  const kernel = await Kernel.open(t);
  for (const to of portRange(40_000, 30)) kernel.run(ethernet(ipv4({ source }, udp({ from: 53, to }))));
  assert.deepEqual(kernel.events(), []);
});

privilegedTest('7: 80 and 443 in turn are counted as defined, and no alert', async (t) => {
  const kernel = await Kernel.open(t);
  kernel.probe(
    source,
    Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? 80 : 443)),
  );
  assert.equal(kernel.count(source), 29);
  assert.equal(kernel.entry(source)?.distinctPorts, 2);
  assert.equal(severity(reportEntry({ ...noEvidence, changeCount: 29, distinctPorts: 2 })), 21, 'no alert');
});

privilegedTest('8: a sweep of one port over many addresses is noticed', async (t) => {
  const sandbox = await Sandbox.create(t);
  const host = await sandbox.namespace('host');
  const addresses = portRange(1, 64).map((last) => `198.51.100.${last}`);
  for (const address of addresses) await host.exec('ip', ['address', 'add', `${address}/32`, 'dev', 'lo']);
  const kernel = await Kernel.open(t, { netns: host.path });
  for (const destination of addresses) kernel.run(ethernet(ipv4({ source, destination }, tcp({ to: 22 }))));
  assert.equal(kernel.events()[0]?.reason, 'SWEEP');
});

privilegedTest('9: a count does not grow for ever: an idle reset begins anew', async (t) => {
  const kernel = await Kernel.open(t);
  kernel.configure({ idleTicks: 2 });
  kernel.probe(source, portRange(1, 20));
  await kernel.nextTick(4);
  kernel.probe(source, portRange(1, 20));
  assert.deepEqual(kernel.events(), []);
  assert.equal(kernel.count(source), 19);
});

privilegedTest('10: a scan is seen among far more sources than the original had room for', async (t) => {
  const kernel = await Kernel.open(t);
  for (const port of portRange(1, 1000)) {
    kernel.probe(source, [port]);
    for (let other = 0; other < 125; other += 1) {
      const host = port * 125 + other;
      kernel.run(ethernet(ipv4({ source: `10.${host >> 16}.${(host >> 8) & 255}.${host & 255}` }, tcp())));
    }
  }
  const counts = kernel.events().filter((event) => event.source === source);
  assert.ok((counts[0]?.changeCount ?? 0) >= 21, 'no event');
  assert.ok((kernel.count(source) ?? 0) > 900, `only ${kernel.count(source)} of 999 changes were kept`);
});

// 11, updates that are not atomic: two-cpus.test.ts

privilegedTest('12: no byte of an event is left over from anything else', async (t) => {
  const kernel = await Kernel.open(t, { ringBytes: 4096 });
  kernel.configure({ threshold: 0 });
  const raw = new Uint8Array(64 * 128);
  for (let round = 0; round < 3; round += 1) {
    for (let host = 1; host <= 25; host += 1) kernel.probe(`10.0.${round}.${host}`, [0xffff, 0xfffe, 0xfffd]);
    kernel.ring.pull(raw);
    kernel.ring.ack(kernel.ring.position);
    await kernel.nextTick();
  }
  kernel.sensor.unpin();
  const again = await Kernel.open(t, { ringBytes: 4096 });
  again.configure({ threshold: 0 });
  again.run(ethernet(ipv4({ source }, udp({ to: 1 }))));
  again.run(ethernet(ipv4({ source }, udp({ to: 2 }))));
  assert.equal(again.ring.pull(raw), 1);
  const reserved = { from: 57, to: 64 }; // struct event: reserved[7]
  assert.deepEqual([...raw.subarray(reserved.from, reserved.to)], [0, 0, 0, 0, 0, 0, 0]);
});

privilegedTest('13: ignored are prefixes, of IPv4 and IPv6, exactly and as many as given', async (t) => {
  const kernel = await Kernel.open(t);
  const prefixes = ['192.0.2.0/24', '198.51.100.9/32', '2001:db8:1::/48'];
  kernel.sensor.ignoreAdd(packPrefixes(prefixes.map(parsePrefix)));
  const ignored = ['192.0.2.1', '192.0.2.255', '198.51.100.9', '2001:db8:1:ffff::1'];
  const others = ['192.0.3.1', '198.51.100.8', '2001:db8:2::1'];
  for (const each of [...ignored, ...others]) assert.equal(kernel.probe(each, portRange(1, 30)), 30);
  assert.deepEqual(
    ignored.map((each) => kernel.count(each)),
    [null, null, null, null],
  );
  assert.deepEqual(
    others.map((each) => kernel.count(each)),
    [29, 29, 29],
  );
  assert.equal(kernel.run(ethernet(ipv4({ source: '192.0.2.1' }, icmp(8)))), XDP_PASS, 'not even its pings');
  kernel.sensor.ignoreRemove(packPrefixes([parsePrefix('192.0.2.0/24')]));
  kernel.probe('192.0.2.1', portRange(1, 30));
  assert.equal(kernel.count('192.0.2.1'), 29);
});

privilegedTest(
  '13: a source that is already in the table is not counted on once it is ignored',
  async (t) => {
    const kernel = await Kernel.open(t);
    kernel.probe(source, portRange(1, 10));
    kernel.sensor.ignoreAdd(packPrefixes([parsePrefix(source)]));
    kernel.probe(source, portRange(100, 100));
    assert.equal(kernel.count(source), 9);
    assert.deepEqual(kernel.events(), []);
  },
);

privilegedTest('14: IPv6 is counted, SCTP recognised, TCP flags told', async (t) => {
  const kernel = await Kernel.open(t);
  kernel.configure({ threshold: 0 });
  const source6 = '2001:db8::9';
  const xmas = tcpFlags.fin | tcpFlags.psh | tcpFlags.urg;
  for (const to of [1, 2]) kernel.run(ethernet(ipv6({ source: source6 }, tcp({ to, flags: xmas }))));
  const [event] = kernel.events();
  assert.equal(event?.source, source6);
  assert.equal(event?.tcpFlags, xmas);
});
