import assert from 'node:assert/strict';
import { Kernel, portRange, XDP_PASS } from '../helpers/kernel.ts';
import { privilegedTest } from '../helpers/privileged.ts';

const source = '192.0.2.7';
const maxThreshold = 0xffff_ffff;

privilegedTest(
  'the 22nd probe of a fresh source makes the first event, not the 21st and not the 23rd',
  async (t) => {
    const kernel = await Kernel.open(t);
    kernel.probe(source, portRange(1, 21));
    assert.deepEqual(kernel.events(), []);
    kernel.probe(source, [22]);
    const [event, ...more] = kernel.events();
    assert.equal(event?.changeCount, 21);
    assert.equal(event?.reason, 'THRESHOLD');
    assert.equal(event?.sequence, 1);
    assert.deepEqual(more, []);
    kernel.probe(source, [23]);
    assert.deepEqual(kernel.events(), []);
  },
);

privilegedTest('IPv6 sources cross like IPv4 ones', async (t) => {
  const kernel = await Kernel.open(t);
  kernel.probe('2001:db8::7', portRange(1, 21));
  assert.deepEqual(kernel.events(), []);
  kernel.probe('2001:db8::7', [22]);
  assert.deepEqual(
    kernel.events().map((event) => [event.source, event.changeCount]),
    [['2001:db8::7', 21]],
  );
});

privilegedTest('the same port again is no change, two ports in turn are', async (t) => {
  const kernel = await Kernel.open(t);
  kernel.probe(source, [80, 80, 80, 443, 443, 80, 443]);
  assert.equal(kernel.count(source), 3);
});

privilegedTest(
  'sources are counted apart, also when only the upper half of an IPv6 address differs',
  async (t) => {
    const kernel = await Kernel.open(t);
    const sources = [
      '192.0.2.1',
      '192.0.2.2',
      '2001:db8::1',
      '2001:db8:0:1::1',
      '2001:db8::2',
      '::192.0.2.1',
    ];
    sources.forEach((each, index) => {
      kernel.probe(each, portRange(1, index + 2));
    });
    assert.deepEqual(
      sources.map((each) => kernel.count(each)),
      [1, 2, 3, 4, 5, 6],
    );
  },
);

privilegedTest('with threshold 0 the first change makes an event', async (t) => {
  const kernel = await Kernel.open(t);
  kernel.configure({ threshold: 0 });
  kernel.probe(source, [1]);
  assert.deepEqual(kernel.events(), []);
  kernel.probe(source, [2]);
  assert.deepEqual(
    kernel.events().map((event) => event.changeCount),
    [1],
  );
});

privilegedTest(
  'with the largest threshold nothing makes an event, and the sweep finds nothing',
  async (t) => {
    const kernel = await Kernel.open(t);
    kernel.configure({ threshold: maxThreshold });
    kernel.probe(source, portRange(1, 5000));
    assert.deepEqual(kernel.events(), []);
    assert.deepEqual(kernel.sweep(maxThreshold), []);
    assert.equal(kernel.count(source), 4999);
  },
);

privilegedTest('a threshold that is lowered in mid-scan takes effect at the next change', async (t) => {
  const kernel = await Kernel.open(t);
  kernel.configure({ threshold: 1000 });
  kernel.probe(source, portRange(1, 501));
  assert.deepEqual(kernel.events(), []);
  kernel.configure({ threshold: 20 });
  kernel.probe(source, [501]); // the same port: no change
  assert.deepEqual(kernel.events(), []);
  kernel.probe(source, [502]);
  assert.deepEqual(
    kernel.events().map((event) => [event.changeCount, event.threshold]),
    [[501, 20]],
  );
});

privilegedTest(
  'a threshold that is lowered takes effect at the next sweep for a source that has fallen silent',
  async (t) => {
    const kernel = await Kernel.open(t);
    kernel.configure({ threshold: 1000 });
    kernel.probe(source, portRange(1, 501));
    assert.deepEqual(kernel.sweep(1000), []);
    assert.deepEqual(
      kernel.sweep(20).map((event) => [event.changeCount, event.reason]),
      [[500, 'COUNT_UPDATE']],
    );
    assert.deepEqual(kernel.sweep(20), []);
  },
);

privilegedTest(
  'a threshold that is raised in mid-scan silences the source until it crosses again',
  async (t) => {
    const kernel = await Kernel.open(t);
    kernel.probe(source, portRange(1, 22));
    assert.equal(kernel.events().length, 1);
    kernel.configure({ threshold: 1000 });
    kernel.probe(source, portRange(100, 979));
    assert.deepEqual(kernel.events(), []);
    assert.equal(kernel.count(source), 1000);
    kernel.probe(source, [5000]);
    assert.deepEqual(
      kernel.events().map((event) => event.changeCount),
      [1001],
    );
  },
);

privilegedTest(
  'later events come each time the count has doubled: 65 535 ports make at most 14',
  async (t) => {
    const kernel = await Kernel.open(t);
    const counts: number[] = [];
    for (let first = 1; first < 65_536; first += 4096) {
      kernel.probe(source, portRange(first, Math.min(4096, 65_536 - first)));
      counts.push(...kernel.events().map((event) => event.changeCount));
    }
    assert.deepEqual(counts, [21, 42, 84, 168, 336, 672, 1344, 2688, 5376, 10752, 21504, 43008]);
    assert.equal(kernel.count(source), 65_534);
  },
);

privilegedTest('sequence numbers have no hole, whatever was refused in between', async (t) => {
  const kernel = await Kernel.open(t, { ringBytes: 4096 });
  kernel.configure({ threshold: 0 });
  const sequences: (number | null)[] = [];
  for (let round = 0; round < 5; round += 1) {
    for (let host = 1; host <= 50; host += 1) kernel.probe(`10.0.${round}.${host}`, [1, 2]);
    sequences.push(...kernel.events().map((event) => event.sequence));
    await kernel.nextTick();
  }
  assert.ok((kernel.changes()['STAT_RING_FULL'] ?? 0) > 0, 'the ring was never full');
  assert.deepEqual(sequences, portRange(1, sequences.length));
});

privilegedTest('a full ring delays a crossing: the next change delivers it', async (t) => {
  const kernel = await Kernel.open(t, { ringBytes: 4096 });
  kernel.configure({ threshold: 0 });
  fillRing(kernel);
  kernel.probe(source, [1, 2]);
  assert.ok((kernel.changes()['STAT_RING_FULL'] ?? 0) >= 1);
  assert.ok(kernel.events().every((event) => event.source !== source));
  await kernel.nextTick();
  kernel.probe(source, [3]);
  assert.deepEqual(
    kernel.events().map((event) => [event.source, event.changeCount, event.drops]),
    [[source, 2, 0]],
  );
});

privilegedTest('a full ring delays a crossing: the sweep delivers it', async (t) => {
  const kernel = await Kernel.open(t, { ringBytes: 4096 });
  kernel.configure({ threshold: 0 });
  fillRing(kernel);
  kernel.probe(source, [1, 2]);
  assert.ok(kernel.sweep(0).some((event) => event.source === source && event.changeCount === 1));
  kernel.events();
  await kernel.nextTick();
  kernel.probe(source, [3, 4]);
  assert.deepEqual(
    kernel.events().map((event) => event.changeCount),
    [2],
    'twice what the sweep has published',
  );
});

privilegedTest(
  'an eviction of an undelivered crossing is counted, in the statistics and in the next event',
  async (t) => {
    const kernel = await Kernel.open(t, { ringBytes: 4096 });
    kernel.configure({ threshold: 0 });
    fillRing(kernel);
    kernel.changes();
    const hosts = 20_000; // far more than the 4 096 places
    for (let host = 0; host < hosts; host += 1) kernel.probe(`172.16.${host >> 8}.${host & 255}`, [1, 2, 3]);
    const lost = kernel.changes()['STAT_CROSSINGS_LOST'] ?? 0;
    assert.ok(lost > 0, 'nothing was evicted');
    assert.equal(kernel.sensor.counters().drops, lost);
    kernel.events();
    kernel.sweep(0);
    await kernel.nextTick();
    kernel.configure({ threshold: 20 });
    // a newcomer to a full bucket tosses a coin at each probe: enough probes for any run of bad luck
    kernel.probe(source, portRange(1, 2000));
    const [event] = kernel.events();
    assert.equal(event?.drops, lost);
  },
);

privilegedTest('an eviction of a published count loses nothing', async (t) => {
  const kernel = await Kernel.open(t);
  for (let host = 0; host < 20_000; host += 1) kernel.probe(`172.16.${host >> 8}.${host & 255}`, [1, 2, 3]);
  const { STAT_SOURCES_EVICTED: evicted = 0, STAT_CROSSINGS_LOST: lost = 0 } = kernel.changes();
  assert.ok(evicted > 0, 'nothing was evicted');
  assert.equal(lost, 0);
});

privilegedTest(
  'an eviction delivers an unpublished count as COUNT_FINAL when the ring has room',
  async (t) => {
    const kernel = await Kernel.open(t, { ringBytes: 4 * 1024 * 1024 });
    kernel.configure({ threshold: 0 });
    const finals: string[] = [];
    for (let host = 0; host < 20_000; host += 1)
      kernel.probe(`172.16.${host >> 8}.${host & 255}`, [1, 2, 3, 4]);
    for (const event of kernel.events()) {
      if (event.reason !== 'COUNT_FINAL') continue;
      finals.push(event.source);
      assert.equal(event.changeCount, 3); // the crossings were at 1 and 2
      assert.equal(event.destination, null);
    }
    assert.ok(finals.length > 0, 'nothing was evicted');
    assert.equal(new Set(finals).size, finals.length, 'one last word each');
    assert.ok(finals.every((each) => kernel.count(each) === null));
  },
);

privilegedTest(
  'a scanner that is above the threshold stays while 100 000 one-packet sources pass',
  async (t) => {
    const kernel = await Kernel.open(t);
    kernel.probe(source, portRange(1, 22));
    for (let host = 0; host < 100_000; host += 1) {
      kernel.probe(`10.${host >> 16}.${(host >> 8) & 255}.${host & 255}`, [80]);
    }
    assert.equal(kernel.count(source), 21);
    kernel.probe(source, [5000]);
    assert.equal(kernel.count(source), 22);
  },
);

privilegedTest('every packet passes, whatever is counted', async (t) => {
  const kernel = await Kernel.open(t);
  assert.equal(kernel.probe(source, portRange(0, 500)), 500);
  assert.equal(XDP_PASS, 2);
});

/** So many crossings that no further one fits. */
function fillRing(kernel: Kernel): void {
  for (let host = 1; kernel.ring.used + 136 <= kernel.ring.size; host += 1) {
    kernel.probe(`10.9.${host >> 8}.${host & 255}`, [1, 2]);
  }
}
