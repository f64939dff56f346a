import assert from 'node:assert/strict';
import type { PortScanEvent } from '../../src/common/event.ts';
import { ethernet, ipv4, tcp } from '../helpers/frame.ts';
import { isFull } from '../helpers/full.ts';
import { Kernel } from '../helpers/kernel.ts';
import { bitsOf, listeningPorts } from '../helpers/ports.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { drawDistinct, seededRandom } from '../helpers/random.ts';

/*
 * Scanners that know the walk, and open ports enough to hold it down: first to its lower end, then a closed port for each
 * open one. Frames as in walk.test.ts.
 */
const scanners = isFull ? 2000 : 200;
const portLimit = 30_000;
const closedPorts = 600;
const probes = 4 + 2 * closedPorts;
const firstCrossing = 22;

privilegedTest('who holds the walk down with open ports is caught by count and distinct ports', async (t) => {
  const random = seededRandom(t);
  const listening = listeningPorts();
  const kernel = await Kernel.open(t);
  const open = drawDistinct(random, portLimit / 2, portLimit, (port) => listening.has(port));
  const isOpen = new Set(open);
  kernel.sensor.setOpenPorts(bitsOf(open));
  const caughtAt: number[] = [];
  let verdicts = 0;
  for (let scanner = 0; scanner < scanners; scanner += 1) {
    const closed = drawDistinct(
      random,
      closedPorts,
      portLimit,
      (port) => listening.has(port) || isOpen.has(port),
    );
    const events = probe(kernel, `10.3.${scanner >> 8}.${scanner & 255}`, mixed(closed, open));
    const crossing = events.find(({ changeCount, threshold }) => changeCount > threshold);
    assert.equal(crossing?.changeCount, firstCrossing - 1);
    caughtAt.push(1 + (events.find(isScan)?.changeCount ?? Number.POSITIVE_INFINITY));
    if (events.some(({ reason }) => reason === 'CLOSED_PORTS')) verdicts += 1;
    kernel.sensor.forgetAll();
  }
  for (const by of [firstCrossing, 43, 85, 169, probes]) {
    const caught = caughtAt.filter((at) => at <= by).length;
    t.diagnostic(
      `by probe ${by}: ${caught} of ${scanners} told with 20 distinct ports of which 4 are closed`,
    );
  }
  t.diagnostic(`the verdict of the walk fell all the same on ${verdicts}`);
  assert.ok(caughtAt.every((at) => at <= probes));
});

/** Four open ports, then closed and open ones in turn. */
function mixed(closed: readonly number[], open: readonly number[]): number[] {
  return [...open.slice(0, 4), ...closed.flatMap((port, index) => [port, open[4 + index] ?? 0])];
}

/** One probe to each port; returns the events. */
function probe(kernel: Kernel, source: string, ports: readonly number[]): PortScanEvent[] {
  for (const to of ports) kernel.run(ethernet(ipv4({ source, destination: '127.0.0.1' }, tcp({ to }))));
  return kernel.events();
}

/** What makes an alert of severity 47 of a count. */
function isScan({ distinctPorts, closedPorts: closed }: PortScanEvent): boolean {
  return distinctPorts >= 20 && closed >= 4;
}
