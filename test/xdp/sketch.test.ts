import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { ethernet, ipv4, tcp } from '../helpers/frame.ts';
import { isFull } from '../helpers/full.ts';
import { Kernel } from '../helpers/kernel.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { type Random, seededRandom } from '../helpers/random.ts';
import { sketchError, sum } from '../helpers/theory.ts';

/* How far the estimate of distinct ports is off the exact answer, over many sources. */
const allPorts = 65_536;

privilegedTest('fewer than six distinct ports are told exactly, whatever their order', async (t) => {
  const random = seededRandom(t);
  const kernel = await Kernel.open(t);
  for (let distinct = 1; distinct < 6; distinct += 1) {
    for (let set = 0; set < 100; set += 1) {
      const source = `10.1.${distinct}.${set}`;
      const order = permutation(random);
      const touched = Array.from({ length: distinct }, (_, n) => order(n));
      for (const port of [...touched, ...touched.toReversed(), ...touched]) touch(kernel, source, port);
      assert.equal(kernel.entry(source)?.distinctPorts, distinct);
    }
  }
});

for (const [checkpoints, sources] of [
  [[10, 100, 1000], isFull ? 2000 : 300],
  [[10_000, allPorts], isFull ? 200 : 25],
] as const) {
  privilegedTest(`the estimate errs as its theory says, at ${checkpoints.join(', ')} ports`, async (t) => {
    const errors = await measure(t, checkpoints, sources);
    for (const ports of checkpoints) {
      const measured = momentsOf(errors.get(ports) ?? []);
      const { mean, deviation } = sketchError(ports);
      t.diagnostic(
        `${ports} ports, ${sources} sources: mean error ${percent(measured.mean)} (theory ${percent(mean)}), ` +
          `rms ${percent(measured.rms)} (theory ${percent(Math.hypot(mean, deviation))})`,
      );
      const standardError = deviation / Math.sqrt(sources);
      assert.ok(Math.abs(measured.mean - mean) <= 5 * standardError, `the mean at ${ports}`);
      assert.ok(Math.abs(mean) <= 0.15 && Math.hypot(mean, deviation) <= 0.35, `the theory at ${ports}`);
      assert.ok(measured.rms <= Math.hypot(mean, deviation) + 5 * standardError, `the rms at ${ports}`);
    }
  });
}

/** The relative errors of each source at each number of ports. */
async function measure(t: TestContext, checkpoints: readonly number[], sources: number) {
  const random = seededRandom(t);
  const errors = new Map<number, number[]>(checkpoints.map((ports) => [ports, []]));
  const kernel = await Kernel.open(t);
  kernel.configure({ threshold: allPorts });
  for (let n = 0; n < sources; n += 1) {
    const source = `10.2.${n >> 8}.${n & 255}`;
    const order = permutation(random);
    for (let ports = 1; ports <= Math.max(...checkpoints); ports += 1) {
      touch(kernel, source, order(ports));
      const estimate = errors.has(ports) ? kernel.entry(source)?.distinctPorts : undefined;
      if (estimate !== undefined) errors.get(ports)?.push(estimate / ports - 1);
    }
    kernel.sensor.forgetAll();
  }
  return errors;
}

/** All ports in an order that is another one each time: an odd stride passes through all of them. */
function permutation(random: Random): (index: number) => number {
  const start = Math.floor(random() * allPorts);
  const stride = 2 * Math.floor((random() * allPorts) / 2) + 1;
  return (index) => (start + index * stride) % allPorts;
}

/** To another host: no socket is asked, and each port counts. */
function touch(kernel: Kernel, source: string, to: number): void {
  kernel.run(ethernet(ipv4({ source, destination: '198.51.100.1' }, tcp({ to }))));
}

function momentsOf(errors: readonly number[]): { mean: number; rms: number } {
  return {
    mean: sum(errors) / errors.length,
    rms: Math.sqrt(sum(errors.map((error) => error ** 2)) / errors.length),
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
