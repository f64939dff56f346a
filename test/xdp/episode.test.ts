import assert from 'node:assert/strict';
import { Kernel, portRange } from '../helpers/kernel.ts';
import { privilegedTest } from '../helpers/privileged.ts';

const source = '192.0.2.7';
/** Ticks of the shortest idle reset that these tests wait for. */
const idleTicks = 4;

privilegedTest('an episode begins with the first packet of a source, and keeps its time', async (t) => {
  const kernel = await Kernel.open(t);
  const before = Date.now();
  kernel.probe(source, [1]);
  const { episode } = kernel.entry(source) ?? assert.fail('not in the table');
  const tickLength = 1000 / kernel.sensor.epoch.ticksPerSecond;
  assert.ok(Math.abs(episode - before) < 3 * tickLength + 50, `${episode} is not about ${before}`);
  await kernel.nextTick(3);
  kernel.probe(source, portRange(2, 30));
  assert.equal(kernel.events()[0]?.episode, episode);
  assert.equal(kernel.entry(source)?.episode, episode);
});

privilegedTest(
  'a source that was quiet for longer than the idle reset begins anew, counting from 0',
  async (t) => {
    const kernel = await Kernel.open(t);
    kernel.configure({ idleTicks });
    kernel.probe(source, portRange(1, 11));
    const first = kernel.entry(source);
    await kernel.nextTick(idleTicks + 2);
    kernel.probe(source, portRange(101, 21));
    assert.deepEqual(kernel.events(), [], '10 changes before and 20 after make no crossing');
    const second = kernel.entry(source);
    assert.equal(second?.changeCount, 20);
    assert.equal(second?.ports[0], 101);
    assert.ok((second?.episode ?? 0) > (first?.episode ?? Number.POSITIVE_INFINITY));
    kernel.probe(source, [200]);
    assert.deepEqual(
      kernel.events().map((event) => event.episode),
      [second?.episode],
    );
    assert.equal(kernel.changes()['STAT_IDLE_RESETS'], 1);
  },
);

privilegedTest('an idle reset of 0 means never', async (t) => {
  const kernel = await Kernel.open(t);
  kernel.configure({ idleTicks: 0 });
  kernel.probe(source, portRange(1, 11));
  await kernel.nextTick(idleTicks + 2);
  kernel.probe(source, portRange(101, 11));
  assert.equal(kernel.count(source), 21);
});

privilegedTest(
  'packets to the last port do not keep an episode alive: what counts is the last change',
  async (t) => {
    const kernel = await Kernel.open(t);
    kernel.configure({ idleTicks });
    kernel.probe(source, [1, 2]);
    for (let waited = 0; waited < idleTicks + 2; waited += 1) {
      await kernel.nextTick();
      kernel.probe(source, [2]);
    }
    kernel.probe(source, [3]);
    assert.equal(kernel.count(source), 0);
  },
);

privilegedTest(
  'a count above the threshold that nobody has published is pushed before its episode ends',
  async (t) => {
    const kernel = await Kernel.open(t);
    kernel.configure({ idleTicks });
    kernel.probe(source, portRange(1, 31));
    const [crossing] = kernel.events();
    await kernel.nextTick(idleTicks + 2);
    kernel.probe(source, [999]);
    const [last, ...more] = kernel.events();
    assert.deepEqual(more, []);
    assert.equal(last?.reason, 'COUNT_FINAL');
    assert.equal(last?.changeCount, 30);
    assert.equal(last?.episode, crossing?.episode);
    assert.equal(last?.sequence, 2);
    assert.equal(kernel.count(source), 0);
  },
);

privilegedTest('an episode whose count the sweep has published ends without another word', async (t) => {
  const kernel = await Kernel.open(t);
  kernel.configure({ idleTicks });
  kernel.probe(source, portRange(1, 31));
  kernel.events();
  assert.deepEqual(
    kernel.sweep(20).map((event) => event.changeCount),
    [30],
  );
  await kernel.nextTick(idleTicks + 2);
  kernel.probe(source, [999]);
  assert.deepEqual(kernel.events(), []);
  assert.equal(kernel.count(source), 0);
});

privilegedTest(
  'an idle reset waits while the ring is full, and the old episode is delivered afterwards',
  async (t) => {
    const kernel = await Kernel.open(t, { ringBytes: 4096 });
    kernel.configure({ idleTicks });
    kernel.probe(source, portRange(1, 31));
    kernel.events();
    kernel.configure({ idleTicks, threshold: 0 });
    for (let host = 1; kernel.ring.used + 136 <= kernel.ring.size; host += 1)
      kernel.probe(`10.9.0.${host}`, [1, 2]);
    kernel.configure({ idleTicks });
    await kernel.nextTick(idleTicks + 2);
    kernel.probe(source, [999]);
    assert.equal(kernel.count(source), 31, 'the change counts in the old episode');
    kernel.events();
    await kernel.nextTick();
    kernel.probe(source, [1000]);
    assert.deepEqual(
      kernel.events().map((event) => [event.reason, event.changeCount]),
      [['COUNT_FINAL', 31]],
    );
    assert.equal(kernel.count(source), 0);
  },
);

privilegedTest('a sweep that is settled late does not mark a new episode as published', async (t) => {
  const kernel = await Kernel.open(t);
  const { sensor } = kernel;
  kernel.configure({ threshold: 0, idleTicks });
  kernel.probe(source, [1, 2, 3, 4]);
  const buffer = new Uint8Array(72 * 16);
  const { entries } = sensor.collect(buffer, 0, sensor.epoch.maxSources, 0);
  assert.equal(entries, 1);
  await kernel.nextTick(idleTicks + 2);
  kernel.configure({ threshold: 1, idleTicks });
  kernel.probe(source, [10, 11, 12, 13]); // as the old episode: 3 changes, the last event at 2
  sensor.settle(buffer, entries);
  assert.deepEqual(
    kernel.sweep(1).map((event) => event.changeCount),
    [3],
  );
});

privilegedTest('the distinct ports are exact up to six, and about right above', async (t) => {
  const kernel = await Kernel.open(t);
  kernel.configure({ threshold: 0xffff_ffff });
  kernel.probe(source, [1, 2, 1, 2, 3, 3, 2, 1, 4, 5]);
  assert.equal(kernel.entry(source)?.distinctPorts, 5);
  assert.deepEqual(kernel.entry(source)?.ports, [1, 2, 3, 4, 5]);
  for (const distinct of [30, 300, 3000, 60_000]) {
    const ratios: number[] = [];
    for (let host = 1; host <= 24; host += 1) {
      const address = `10.${Math.floor(distinct / 256) % 256}.${distinct % 256}.${host}`;
      kernel.probe(address, portRange(host * 11, distinct));
      ratios.push((kernel.entry(address)?.distinctPorts ?? 0) / distinct);
    }
    const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
    // 24 estimates with a standard error of a quarter: the mean is off by more than four of its own in 1 of 10 000 runs
    assert.ok(Math.abs(mean - 1) < 0.22, `about ${distinct}: mean ratio ${mean.toFixed(2)}`);
  }
});
