import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReportEntry } from '../../src/common/event.ts';
import { bitsOfPorts, portsOfBits } from '../../src/common/sketch.ts';
import { isInternal, networks } from '../../src/consumer/alerts/networks.ts';
import { type Circumstances, severity } from '../../src/consumer/alerts/severity.ts';
import { reportEntry } from '../helpers/records.ts';

/** Above the threshold, with nothing else against it. */
const crossed = { verdict: false, score: -4, closedPorts: 0, openPorts: 2, distinctPorts: 2, targets: 1 };
const many = { ...crossed, distinctPorts: 142, closedPorts: 20, openPorts: 3 };
const all = { ...many, verdict: true };

const cases: [string, Partial<ReportEntry>, Circumstances, number][] = [
  ['a count at the threshold', { ...crossed, changeCount: 20 }, {}, 0],
  ['a count above the threshold', crossed, {}, 21],
  ['19 ports', { ...many, distinctPorts: 19 }, {}, 21],
  ['20 ports, four of them closed', { ...many, distinctPorts: 20, closedPorts: 4, openPorts: 9 }, {}, 47],
  ['20 ports, three of them closed', { ...many, distinctPorts: 20, closedPorts: 3, openPorts: 9 }, {}, 21],
  ['20 ports that are not the sensor’s to judge', { ...many, closedPorts: 0, openPorts: 0 }, {}, 47],
  ['ports without a crossing', { ...many, changeCount: 5 }, {}, 47],
  ['a sweep without a change', { ...crossed, changeCount: 0, distinctPorts: 1, targets: 21 }, {}, 47],
  ['20 own addresses', { ...crossed, targets: 20 }, {}, 21],
  ['a verdict', { ...crossed, changeCount: 4, verdict: true }, {}, 73],
  ['a verdict and many ports, not alerted yet', all, {}, 73],
  [
    'a verdict and many ports, less than twice the first count',
    { ...all, changeCount: 41 },
    { firstCount: 21 },
    73,
  ],
  ['a verdict and many ports, twice the first count', { ...all, changeCount: 42 }, { firstCount: 21 }, 99],
  [
    'a verdict without many ports, twice the first count',
    { ...crossed, verdict: true },
    { firstCount: 4 },
    73,
  ],
  ['a sweep that began without a change', { ...all, changeCount: 2 }, { firstCount: 0 }, 99],
  ['a sweep that began without a change, at its first', { ...all, changeCount: 1 }, { firstCount: 0 }, 73],
  ['a known scanner', all, { isKnown: true, firstCount: 1 }, 21],
  ['a known scanner below the threshold', { ...crossed, changeCount: 1 }, { isKnown: true }, 0],
];

for (const [what, row, circumstances, expected] of cases) {
  test(`severity ${expected}: ${what}`, () => {
    assert.equal(severity(reportEntry(row), circumstances), expected);
  });
}

test('a client of open ports alone is never above 21, however many the estimate makes of them', () => {
  for (let bits = 1; bits <= 57; bits += 1) {
    const distinctPorts = Math.round(portsOfBits(bits));
    // All that were looked at are open: those that the sketch has sampled, and up to six that it has not.
    for (const openPorts of [bits, bits + 6]) {
      const row = reportEntry({ ...crossed, distinctPorts, openPorts });
      assert.equal(severity(row), 21, `${distinctPorts} ports, ${openPorts} open`);
    }
  }
});

test('the bits that an estimate of ports was made of are found again', () => {
  for (let bits = 5; bits <= 57; bits += 1) assert.equal(bitsOfPorts(Math.round(portsOfBits(bits))), bits);
});

test('internal addresses are those that no stranger has', () => {
  const inside = ['10.1.2.3', '172.31.0.1', '192.168.0.1', '127.0.0.1', '169.254.1.1', '100.64.0.1'];
  const outside = [
    '9.255.255.255',
    '172.32.0.1',
    '192.0.2.1',
    '100.128.0.1',
    '2001:db8::1',
    'fec0::1',
    '::2',
  ];
  for (const address of [...inside, 'fd00::1', 'fe80::1', '::1']) assert.ok(isInternal(address), address);
  for (const address of outside) assert.ok(!isInternal(address), address);
});

test('networks are prefixes of both families and single addresses', () => {
  const isKnown = networks(['192.0.2.0/24', '198.51.100.7', '2001:db8::/32']);
  for (const address of ['192.0.2.255', '198.51.100.7', '2001:db8::9']) assert.ok(isKnown(address), address);
  for (const address of ['192.0.3.0', '198.51.100.8', '2001:db9::']) assert.ok(!isKnown(address), address);
  assert.equal(networks([])('192.0.2.1'), false);
  assert.throws(() => networks(['192.0.2.1/24']), { code: 'ADDRESS' });
});
