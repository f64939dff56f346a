import assert from 'node:assert/strict';
import { type Flood, pour, ticksInUnit, ticksPerSecond } from '../helpers/flood.ts';
import { isFull } from '../helpers/full.ts';
import { privilegedTest } from '../helpers/privileged.ts';

/*
 * Floods of spoofed sources over tables of three sizes, and scanners that are slow. The kernel's clock cannot be moved;
 * what the table knows of time are differences to it, so making all times in the table older is the same as having
 * waited. One test waits for real, to show that it is.
 */
const packets = isFull ? 10_000_000 : 1_000_000;
const sizes = [4096, 65_536, 1_048_576];
const minutes = (count: number) => count * 60 * ticksPerSecond;

for (const slots of sizes) {
  privilegedTest(
    `scanners of two ports outlive spoofed sources of one to three in ${slots} places`,
    async (t) => {
      for (const each of [1, 2, 3]) {
        const { kept, known, evicted } = await pour(t, { slots, packets, each, ports: 2 });
        assert.equal(kept, known, `${each} packets each`);
        assert.ok(evicted > 0, 'the flood has not filled the table');
      }
    },
  );

  privilegedTest(
    `they outlive one-packet sources when these have filled ${slots} places before`,
    async (t) => {
      const { kept, known } = await pour(t, { slots, packets, fill: 4 * slots, known: 256, ports: 2 });
      assert.ok(known > 0, 'none got in');
      assert.equal(kept, known);
    },
  );

  privilegedTest(
    `scanners that begin within a flood of one-packet sources are found in ${slots} places`,
    async (t) => {
      const { new: found } = await pour(t, { slots, packets, known: 0, new: 40, 'one-in': 250 });
      assert.ok(found.filter((probe) => probe > 0).length >= 38, `1 packet in 10 000: ${found}`);
    },
  );
}

privilegedTest(
  'the suspicion of two ports outlasts a flood of twelve minutes, not one of fifteen',
  async (t) => {
    const within = await pour(t, { slots: 4096, packets, ticks: minutes(12) });
    assert.equal(within.kept, within.known);
    const beyond = await pour(t, { slots: 4096, packets, ticks: minutes(15) });
    assert.equal(beyond.kept, 0, 'docs say that it ends here');
  },
);

privilegedTest('a unit of age by the clock ends the suspicion like compressed ones', async (t) => {
  // 47 units end it: the 46 alone do not
  const { kept } = await pour(t, { slots: 4096, packets, ticks: 46 * ticksInUnit, real: 18 });
  assert.equal(kept, 0);
});

if (isFull) {
  privilegedTest('scanners outlive a flood of 100 seconds by the clock', async (t) => {
    const { kept, known } = await pour(t, { slots: 4096, packets, real: 100 });
    assert.equal(kept, known);
  });
}

for (const [name, seconds] of [
  ['15 seconds (nmap -T1)', 15],
  ['5 minutes (nmap -T0)', 300],
] as const) {
  const slow: Flood = {
    slots: 4096,
    known: 0,
    packets: 0,
    new: 40,
    probes: 30,
    gap: seconds * ticksPerSecond,
  };

  privilegedTest(`a scanner of one probe in ${name} is found at its fourth`, async (t) => {
    const { new: found } = await pour(t, { ...slow, 'one-in': 1 });
    assert.deepEqual(new Set(found), new Set([4]));
  });

  privilegedTest(
    `a scanner of one probe in ${name} is found among half a table of others a probe`,
    async (t) => {
      const { new: found } = await pour(t, { ...slow, 'one-in': 2048 / 40 });
      assert.ok(found.filter((probe) => probe > 0).length >= 38, `${found}`);
    },
  );
}

privilegedTest('scanners that begin within a flood are found whatever the secret', async (t) => {
  const flood = { slots: 4096, known: 0, packets: 100_000, new: 40, 'one-in': 100 };
  for (let seed = 1; seed <= 24; seed += 1) {
    const { new: found } = await pour(t, { ...flood, seed });
    assert.ok(found.filter((probe) => probe > 0).length >= 38, `seed ${seed}: ${found}`);
  }
});

privilegedTest(
  'who comes within a flood of sources of two packets is pushed out with two ports',
  async (t) => {
    const { kept, known } = await pour(t, {
      slots: 4096,
      packets,
      each: 2,
      fill: 32_768,
      known: 256,
      ports: 2,
    });
    assert.ok(known > 0 && kept < known / 2, `docs say that most go: ${kept} of ${known} kept`);
  },
);

privilegedTest('sources of 30 ports push scanners of 22 out of a small table', async (t) => {
  const { kept, known } = await pour(t, { slots: 4096, packets, ports: 22, each: 30 });
  assert.ok(kept < known / 2, 'docs say that they do');
});
