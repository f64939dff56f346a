import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReportEntry } from '../../src/common/event.ts';
import { Summary } from '../../src/consumer/alerts/summary.ts';
import {
  describeDistributed,
  describeFleetSweep,
  describeRow,
  grounds,
} from '../../src/consumer/alerts/words.ts';
import { suspect } from '../helpers/alerts.ts';
import { reportEntry } from '../helpers/records.ts';

const { episode } = reportEntry();
const vertical = { lastChange: episode + 5_000, distinctPorts: 142, closedPorts: 68, openPorts: 2 };
const sweep = { ...vertical, distinctPorts: 1, closedPorts: 0, openPorts: 0, targets: 30 };

const sentences: [Partial<ReportEntry>, string][] = [
  [vertical, 'TCP SYN scan from 192.0.2.1: about 142 ports on 1 host in 5.0 s, 97 % closed'],
  [{ ...vertical, distinctPorts: 4 }, 'TCP SYN scan from 192.0.2.1: 4 ports on 1 host in 5.0 s, 97 % closed'],
  [
    { ...vertical, kinds: ['SYN', 'UDP'], targets: 3 },
    'TCP SYN and UDP scan from 192.0.2.1: about 142 ports on about 3 hosts in 5.0 s, 97 % closed',
  ],
  [
    { ...vertical, kinds: ['NULL', 'FIN', 'XMAS'], targets: 0, closedPorts: 0, openPorts: 0 },
    'TCP NULL, TCP FIN and TCP Xmas scan from 192.0.2.1: about 142 ports in 5.0 s',
  ],
  [
    { ...vertical, kinds: ['SYN', 'CONNECT'] },
    'TCP SYN scan from 192.0.2.1: about 142 ports on 1 host in 5.0 s, 97 % closed, looks like connect()',
  ],
  [
    { ...vertical, tool: 'MASSCAN' },
    'TCP SYN scan from 192.0.2.1: about 142 ports on 1 host in 5.0 s, 97 % closed, looks like masscan',
  ],
  [
    { ...vertical, kinds: ['SCTP_INIT'], targets: 0, closedPorts: 0, openPorts: 0 },
    'SCTP INIT scan from 192.0.2.1: about 142 ports in 5.0 s',
  ],
  [sweep, 'TCP SYN sweep from 192.0.2.1: 1 port on about 30 hosts in 5.0 s'],
  [
    { ...sweep, kinds: ['UDP'], targets: 76 },
    'UDP sweep from 192.0.2.1: 1 port on 76 hosts or more in 5.0 s',
  ],
  [{ ...sweep, kinds: ['ICMP_SWEEP'] }, 'ICMP sweep from 192.0.2.1: about 30 hosts in 5.0 s'],
  [{ ...sweep, kinds: ['IP_PROTOCOL'] }, 'IP protocol scan from 192.0.2.1: about 30 targets in 5.0 s'],
  [{ ...vertical, kinds: [] }, 'Port scan from 192.0.2.1: about 142 ports on 1 host in 5.0 s, 97 % closed'],
  [
    { ...vertical, lastChange: episode + 720_000 },
    'TCP SYN scan from 192.0.2.1: about 142 ports on 1 host in 12 min, 97 % closed',
  ],
  [
    { ...vertical, lastChange: episode + 3 * 3_600_000 },
    'TCP SYN scan from 192.0.2.1: about 142 ports on 1 host in 3.0 h, 97 % closed',
  ],
];

for (const [row, expected] of sentences) {
  test(`in words: ${expected}`, () => {
    assert.equal(describeRow(reportEntry(row)), expected);
  });
}

test('a known scanner is called so', () => {
  assert.match(
    describeRow(reportEntry(), { isKnown: true }),
    /^TCP SYN scan from 192\.0\.2\.1 \(known scanner\): /,
  );
});

test('a sweep of the fleet names source and sensors, a distributed scan target, sources and ports', () => {
  const sensors = ['edge4', 'edge1', 'edge3', 'edge2'].map((sensor) => suspect({ ...vertical, sensor }));
  assert.equal(
    describeFleetSweep(reportEntry(), Summary.of(sensors)),
    'TCP SYN scan of the fleet from 192.0.2.1: 4 sensors in 5.0 s (edge1, edge2, edge3 …)',
  );
  const sources = [1, 2, 3, 4, 5].map((last) => suspect({ ...vertical, source: `192.0.2.${last}` }));
  assert.equal(
    describeDistributed(reportEntry(), Summary.of(sources)),
    'TCP SYN scan of 198.51.100.7 from 5 sources in 5.0 s, decoys or many hosts: ports 1, 2, 3 …',
  );
});

test('the grounds are the rules that a row meets', () => {
  assert.equal(
    grounds(reportEntry({ targets: 30 })),
    '21 changes of the port > 20; about 22 ports, not only open ones; about 30 hosts; four more closed ports than open ones',
  );
  assert.equal(
    grounds(reportEntry({ changeCount: 3, distinctPorts: 4, verdict: true })),
    'four more closed ports than open ones',
  );
});
