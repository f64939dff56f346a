import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { ethernet, ipv4, type Segment, tcp, udp } from '../helpers/frame.ts';
import { isFull } from '../helpers/full.ts';
import { Kernel } from '../helpers/kernel.ts';
import { bitsOf, listeningPorts } from '../helpers/ports.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { drawDistinct, type Random, seededRandom } from '../helpers/random.ts';
import { boundedWalk, momentsOf, sampledWalk, sum, unboundedWalk } from '../helpers/theory.ts';

/*
 * The closed-port score against the theory of the random walk. Frames go to 127.0.0.1 by BPF_PROG_TEST_RUN, which asks
 * the sockets of the namespace it is called in; a port is open because it is named among those that listen elsewhere.
 */
/** Below the ephemeral ports, at which other tests listen. */
const portLimit = 30_000;
const listening = listeningPorts();

for (const [name, segment] of [
  ['TCP', (to: number) => tcp({ to })],
  ['UDP', (to: number) => udp({ to })],
] as const) {
  privilegedTest(`of four closed ${name} ports the fourth is the verdict, the third never`, async (t) => {
    const random = seededRandom(t);
    const sets = isFull ? 10_000 : 2000;
    const setsOfSecret = sets / 10;
    for (let secret = 0; secret < 10; secret += 1) {
      const kernel = await Kernel.open(t);
      kernel.configure({ threshold: 1_000_000 });
      for (let set = 0; set < setsOfSecret; set += 1) {
        const ports = drawDistinct(random, 4, portLimit, (port) => listening.has(port));
        const found = probesToVerdict(kernel, addressOf(set), ports, segment);
        assert.equal(found, 4, `${ports}`);
        kernel.sensor.forgetAll();
      }
      kernel.sensor.unpin();
    }
  });
}

for (const [failures, limit] of [
  [0.5, 1000],
  [0.8, 1000],
  [0.95, 1000],
] as const) {
  privilegedTest(`scanners that fail in ${100 * failures} % are found when the theory says`, async (t) => {
    const scanners = isFull ? 10_000 : 1000;
    const { probes, steps } = await measure(t, failures, scanners, limit);
    const found = sampledWalk(failures, limit);
    compareShares(t, probes, scanners, found);
    if (failures > 0.5) compareSteps(t, failures, steps);
  });
}

privilegedTest('of clients that fail in 20 % at most 1 % are taken for scanners', async (t) => {
  const clients = isFull ? 20_000 : 4000;
  const ports = 100;
  const { probes } = await measure(t, 0.2, clients, ports);
  const expected = sum(sampledWalk(0.2, ports));
  const measured = probes.length / clients;
  t.diagnostic(
    `${clients} clients of ${ports} ports: ${percent(measured)} (theory ${percent(expected)}; of a walk that ends ` +
      `at either end ${percent(unboundedWalk(0.2).verdicts)}; of ${portLimit} ports ${percent(sum(sampledWalk(0.2, portLimit)))})`,
  );
  assert.ok(measured <= 0.01);
  assert.ok(Math.abs(measured - expected) <= 5 * shareError(expected, clients));
});

/** Probes at which verdicts fell, and the steps that the walk had taken then. */
async function measure(t: TestContext, failures: number, scanners: number, limit: number) {
  const random = seededRandom(t);
  const kernel = await Kernel.open(t);
  kernel.configure({ threshold: 1_000_000 });
  const open = new Set(drawDistinct(random, portLimit / 2, portLimit, (port) => listening.has(port)));
  kernel.sensor.setOpenPorts(bitsOf(open));
  const probes: number[] = [];
  const steps: number[] = [];
  for (let scanner = 0; scanner < scanners; scanner += 1) {
    const source = addressOf(scanner);
    const found = probesToVerdict(kernel, source, mixedPorts(random, failures, limit, open), (to) =>
      tcp({ to }),
    );
    if (found !== null) {
      const evidence = kernel.evidence(source);
      probes.push(found);
      steps.push((evidence?.open ?? 0) + (evidence?.closed ?? 0));
    }
    kernel.sensor.forgetAll();
  }
  return { probes, steps };
}

/** Different ports, each closed with the probability `failures`. */
function* mixedPorts(random: Random, failures: number, count: number, open: ReadonlySet<number>) {
  const tried = new Set<number>();
  for (let n = 0; n < count; n += 1) {
    const isOpen = random() >= failures;
    const isUnfit = (port: number) => tried.has(port) || listening.has(port) || open.has(port) !== isOpen;
    const [port = 0] = drawDistinct(random, 1, portLimit, isUnfit);
    tried.add(port);
    yield port;
  }
}

/** One probe to each port until the verdict is told: how many that took, null without one. */
function probesToVerdict(
  kernel: Kernel,
  source: string,
  ports: Iterable<number>,
  segment: (to: number) => Segment,
): number | null {
  let probes = 0;
  for (const port of ports) {
    kernel.run(ethernet(ipv4({ source, destination: '127.0.0.1' }, segment(port))));
    probes += 1;
    if (kernel.ring.used === 0) continue;
    const [event] = kernel.events();
    assert.equal(event?.reason, 'CLOSED_PORTS');
    assert.equal(event?.source, source);
    assert.equal(event?.changeCount, probes - 1);
    return probes;
  }
  return null;
}

/** The share that is found by the n-th probe, within five standard errors. */
function compareShares(t: TestContext, probes: number[], scanners: number, found: number[]): void {
  for (const by of [3, 4, 6, 8, 10, 22, 50, 100, 1000]) {
    const measured = probes.filter((probe) => probe <= by).length / scanners;
    const expected = sum(found.slice(0, by + 1));
    t.diagnostic(`found by probe ${by}: ${percent(measured)} (theory ${percent(expected)})`);
    const tolerance = Math.max(5 * shareError(expected, scanners), 5 / scanners);
    assert.ok(Math.abs(measured - expected) <= tolerance, `by probe ${by}`);
  }
  const { mean, deviation } = momentsOf(found);
  const measured = sum(probes) / probes.length;
  t.diagnostic(`mean probes ${measured.toFixed(2)} (theory ${mean.toFixed(2)})`);
  assert.ok(Math.abs(measured - mean) <= (5 * deviation) / Math.sqrt(probes.length), 'mean probes');
}

/** The steps of the walk, without the ports that the sketch passes over. */
function compareSteps(t: TestContext, failures: number, steps: number[]): void {
  const { mean, deviation } = boundedWalk(failures);
  const paper = unboundedWalk(failures).mean;
  const measured = sum(steps) / steps.length;
  t.diagnostic(
    `mean steps ${measured.toFixed(2)} (bounded walk ${mean.toFixed(2)}, the paper's ${paper.toFixed(2)})`,
  );
  assert.ok(Math.abs(measured - mean) <= (5 * deviation) / Math.sqrt(steps.length), 'mean steps');
  assert.ok(Math.abs(mean - paper) < 0.1, 'the bounds move the mean by less than a tenth of a step');
}

function shareError(share: number, of: number): number {
  return Math.sqrt((share * (1 - share)) / of);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

function addressOf(index: number): string {
  return `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
}
