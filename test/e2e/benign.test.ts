import assert from 'node:assert/strict';
import type { PortScanEvent } from '../../src/common/event.ts';
import { exactPorts } from '../../src/common/sketch.ts';
import { severity } from '../../src/consumer/alerts/severity.ts';
import { type Cleanup, lastFirst } from '../helpers/cleanup.ts';
import { assertDocumented } from '../helpers/generated-table.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { Traffic } from '../helpers/traffic.ts';
import { host4, hostDevice, WatchedHost } from '../helpers/watched-host.ts';
import { type Control, controls, openPorts, publishedPorts, type Stage } from './benign.ts';

/*
 * What honest peers do, with real sockets: no alert. docs/detection.md shows each one's row. Its numbers are exact below
 * six ports; from there on distinct ports are an estimate and open ones a sample.
 */
const page = new URL('../../docs/detection.md', import.meta.url);
const threshold = 20;
/** The least severity that makes an alert. */
const alert = 47;

interface Outcome {
  /** What the table holds of the peer. */
  row: PortScanEvent | null;
  isReported: boolean;
  severity: number;
}

privilegedTest('no benign control raises an alert', async (t) => {
  const cleanup = lastFirst(t);
  const watched = await WatchedHost.create(cleanup);
  await publishPorts(watched, cleanup);
  const host = new Traffic(cleanup, watched.host);
  for (const ports of Object.values(openPorts)) await host.do('serve', { address: host4, ports });
  const peers = new Traffic(cleanup, watched.peers);

  const table: string[][] = [
    ['Control', 'Passed over as', 'Changes', 'Distinct ports', 'Open', 'Closed', 'Score', 'Severity'],
  ];
  for (const control of controls) {
    await t.test(control.name, async () => {
      const outcome = await run(control, { watched, host, peers });
      table.push(describe(control, outcome));
      assert.ok(outcome.severity < alert, `severity ${outcome.severity}: ${JSON.stringify(outcome.row)}`);
      assert.equal(outcome.row?.verdict ?? false, false);
    });
  }
  assertDocumented(page, 'benign controls', table);
});

async function run(control: Control, stage: Omit<Stage, 'peer'>): Promise<Outcome> {
  const { kernel } = stage.watched;
  const { ipv4: peer } = await stage.watched.nextPeer();
  kernel.events();
  kernel.changes();
  await control.run({ ...stage, peer });
  const passedOver = kernel.changes();
  for (const [cause, least] of Object.entries(control.passedOver ?? {})) {
    assert.ok((passedOver[`STAT_${cause}`] ?? 0) >= least, `${cause}: ${JSON.stringify(passedOver)}`);
  }
  const row = kernel.entry(peer);
  const isReported = kernel.events().some(({ source }) => source === peer);
  const entry = row !== null && isReported ? { ...row, threshold, crossingCount: null } : null;
  return { row, isReported, severity: entry === null ? 0 : severity(entry) };
}

function describe({ name, ports, passedOver = {} }: Control, outcome: Outcome): string[] {
  const causes = Object.keys(passedOver).join(', ') || '–';
  const { row, isReported } = outcome;
  if (row === null) return [name, causes, 'no row', '–', '–', '–', '–', '–'];
  const { changeCount, distinctPorts, openPorts: open, closedPorts, score } = row;
  const isExact = distinctPorts < exactPorts;
  if (isExact) assert.equal(distinctPorts, ports);
  else assert.ok(distinctPorts > ports / 3 && distinctPorts < 3 * ports, `about ${distinctPorts} ports`);
  return [
    ...[name, causes, String(changeCount)],
    isExact ? String(distinctPorts) : `about ${ports}`,
    isExact || open === 0 ? String(open) : `${exactPorts} or more`,
    ...[String(closedPorts), String(score)],
    isReported ? String(outcome.severity) : 'not reported',
  ];
}

/** As Docker does without its proxy: by DNAT to a container, so that nobody listens on the host. */
async function publishPorts({ sandbox, host, kernel }: WatchedHost, t: Cleanup): Promise<void> {
  const container = await sandbox.namespace('container');
  await sandbox.veth(
    { namespace: host, device: 'docker0', addresses: ['172.30.0.1/24'] },
    { namespace: container, device: 'inside0', addresses: ['172.30.0.2/24'] },
  );
  await container.exec('ip', ['route', 'add', '10.77.0.0/16', 'via', '172.30.0.1']);
  await host.exec('sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
  for (const rule of [
    'add table ip docker',
    'add chain ip docker prerouting { type nat hook prerouting priority -100; }',
    `add rule ip docker prerouting iifname ${hostDevice} ip daddr ${host4} tcp dport ${range(publishedPorts)} dnat to 172.30.0.2`,
  ]) {
    await host.exec('nft', [rule]);
  }
  await new Traffic(t, container).do('serve', { address: '172.30.0.2', ports: publishedPorts });
  const bits = new Uint8Array(65_536 / 8);
  for (const port of publishedPorts) bits[port >> 3] = (bits[port >> 3] ?? 0) | (1 << (port & 7));
  kernel.sensor.setOpenPorts(bits);
}

function range(ports: readonly number[]): string {
  return `${ports[0]}-${ports.at(-1)}`;
}
