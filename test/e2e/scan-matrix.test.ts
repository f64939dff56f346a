import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { PortScanEvent } from '../../src/common/event.ts';
import { lastFirst } from '../helpers/cleanup.ts';
import { isFull } from '../helpers/full.ts';
import { assertDocumented } from '../helpers/generated-table.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { probeNumber } from '../helpers/probes.ts';
import { Capture } from '../helpers/scan-stack.ts';
import { Traffic } from '../helpers/traffic.ts';
import { host4, host6, hostBlock, type Peer, peerDevice, WatchedHost } from '../helpers/watched-host.ts';
import { startZombie, zombie } from '../helpers/zombie.ts';
import { mixedPorts, type Scan, scans } from './scan-matrix.ts';

/*
 * Real tools, a real kernel program, a network of two namespaces. What the sensor says of each scan stands in
 * docs/detection.md: a scan that is found later than it says there, or labelled otherwise, fails this test.
 */
const page = new URL('../../docs/detection.md', import.meta.url);
/** Of a sensor that nobody has configured; s. */
const defaultIdleReset = 3600;
/** Of SWEEP, whose estimate is good for about 21 targets. */
const sweepProbes = { least: 14, most: 48 };

interface Outcome {
  /** The first event of the source. */
  first: PortScanEvent | undefined;
  /** Which of the source's packets made it, from 1 on. */
  probe: number;
  row: PortScanEvent | null;
}

privilegedTest('every scan of the matrix is found and labelled as docs/detection.md says', async (t) => {
  const cleanup = lastFirst(t);
  const watched = await WatchedHost.create(cleanup);
  await startZombie(cleanup, watched);
  await new Traffic(cleanup, watched.host).do('serve', { address: host4, ports: listening() });

  const table: string[][] = [
    ['Scan', 'First event', 'At probe', 'Kinds', 'Looks like', 'Closed-port verdict', 'Note'],
  ];
  for (const scan of scans.filter(({ isLong = false }) => isFull || !isLong)) {
    await t.test(scan.name, async () => {
      const outcome = await run(scan, watched, cleanup);
      if (scan.isLong) assert.equal(outcome.probe, 4);
      else table.push(describe(scan, outcome));
    });
  }
  assertDocumented(page, 'scan matrix', table);
});

async function run(
  scan: Scan,
  watched: WatchedHost,
  cleanup: ReturnType<typeof lastFirst>,
): Promise<Outcome> {
  const { kernel, peers, sandbox } = watched;
  const { ticksPerSecond } = kernel.sensor.epoch;
  const peer = await watched.nextPeer();
  const seconds = (scan.idleReset ?? defaultIdleReset) / (scan.speedUp ?? 1);
  kernel.configure({ idleTicks: Math.round(seconds * ticksPerSecond) });
  kernel.events();

  const capture = await Capture.start(
    cleanup,
    peers,
    join(sandbox.directory, `${peer.ipv4}.pcap`),
    peerDevice,
  );
  const words = inPlace(scan.command, { ...(await addresses(watched, peer)) });
  await peers.exec('taskset', ['-c', '0', ...words]); // on one CPU, so that its packets stay in order
  const frames = await capture.frames();

  const events = kernel.events();
  const source = { PEER: peer.ipv4, PEER6: peer.ipv6, ZOMBIE: zombie }[scan.source ?? 'PEER'];
  const first = events.find((event) => event.source === source);
  for (const decoy of scan.decoys ?? []) {
    assert.equal(events.find((event) => event.source === decoy)?.reason, first?.reason, decoy);
  }
  return {
    first,
    probe: first === undefined ? 0 : probeNumber(frames, source, first),
    row: kernel.entry(source),
  };
}

function describe(scan: Scan, { first, probe, row }: Outcome): string[] {
  return [
    `\`${scan.name}\``,
    first === undefined ? 'not found' : first.reason,
    first === undefined ? '–' : when(first, probe),
    row?.kinds.join(', ') || '–',
    row?.tool?.toLowerCase() ?? '–',
    row?.verdict ? 'yes' : 'no',
    scan.note ?? '',
  ];
}

/** A sweep's probe differs from one secret to the next: an estimate decides. */
function when({ reason }: PortScanEvent, probe: number): string {
  if (reason !== 'SWEEP') return String(probe);
  assert.ok(probe >= sweepProbes.least && probe <= sweepProbes.most, `a sweep told at probe ${probe}`);
  return 'about 21';
}

function listening(): number[] {
  return mixed().filter(mixedPorts.isOpen);
}

function mixed(): number[] {
  return Array.from({ length: mixedPorts.count }, (_, index) => mixedPorts.first + index);
}

async function addresses(watched: WatchedHost, peer: Peer): Promise<Record<string, string>> {
  return {
    HOST: host4,
    HOST6: host6,
    BLOCK: hostBlock,
    PEER: peer.ipv4,
    MAC: await watched.hardwareAddress(),
    ZOMBIE: zombie,
    MIXED: mixed().join(','),
  };
}

/** The command's words, with what the names stand for. */
function inPlace(command: string, values: Record<string, string>): string[] {
  return command.replace(/HOST6|[A-Z]{3,}/g, (name) => values[name] ?? name).split(' ');
}
