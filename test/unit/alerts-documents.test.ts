import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReportEntry } from '../../src/common/event.ts';
import { type Alert, rowAlert, type SensorAlert } from '../../src/consumer/alerts/alert.ts';
import { ecsDocument } from '../../src/consumer/alerts/ecs.ts';
import { groupKeys } from '../../src/consumer/alerts/groups.ts';
import { ocsfDocument } from '../../src/consumer/alerts/ocsf.ts';
import { alertOfGroup, decoys, fleet, suspect } from '../helpers/alerts.ts';
import { assertEcs, ecsFields } from '../helpers/ecs.ts';
import { assertOcsf } from '../helpers/ocsf.ts';
import { reportEntry } from '../helpers/records.ts';

const now = 1_780_000_009_000;
const [bySource = '', byTarget = ''] = groupKeys(reportEntry());

const silent: SensorAlert = {
  about: 'sensor',
  action: 'sensor-silent',
  id: 'sensor-silent/edge1/e/1',
  finding: 'sensor-silent/edge1/e/1',
  key: 'edge1',
  severity: 73,
  told: {
    about: 'sensor',
    sensor: 'edge1',
    problem: 'sensor-silent',
    occurrence: 'e/1',
    isOpen: true,
    count: 0,
  },
  message: 'Sensor edge1 is silent',
  reason: 'Sensor edge1 is silent',
  start: now - 60_000,
  end: now,
  sensor: 'edge1',
  isRecovery: false,
};

const alerts: Record<string, Alert> = {
  'a scan': rowAlert(suspect(), undefined, false),
  'a scan from inside over a VLAN': rowAlert(
    suspect({ source: '10.0.0.7', vlan: 100, tool: 'NMAP', protocol: 17, kinds: ['UDP'] }),
    undefined,
    false,
  ),
  'a scan over IPv6 without a packet': rowAlert(
    suspect({
      source: '2001:db8::1',
      destination: null,
      destinationPort: null,
      protocol: null,
      device: null,
    }),
    undefined,
    false,
  ),
  'a sweep by a known scanner': rowAlert(suspect({ targets: 30, distinctPorts: 1 }), undefined, true),
  'a sweep of the fleet': alertOfGroup(bySource, fleet(4)),
  'a distributed scan': alertOfGroup(byTarget, decoys(150)),
  'a silent sensor': silent,
  'a sensor that is back': { ...silent, action: 'sensor-recovered', severity: 21, isRecovery: true },
};

for (const [what, alert] of Object.entries(alerts)) {
  test(`ECS knows every field of ${what}, and its type`, () => {
    assertEcs(written(ecsDocument(alert, now)));
  });

  test(`OCSF knows every attribute of ${what}, and misses none`, () => {
    assertOcsf(written(ocsfDocument(alert, now)));
  });
}

test('an ECS document says what, who, whom, where and why', () => {
  const alert = alerts['a scan from inside over a VLAN'];
  assert.ok(alert !== undefined);
  const document = ecsFields(written(ecsDocument(alert, now)));
  const { episode } = reportEntry();
  assert.deepEqual(document, {
    '@timestamp': '2026-05-28T20:26:40.500Z',
    'ecs.version': '8.17.0',
    message: 'UDP scan from 10.0.0.7: about 22 ports on 1 host in 0.5 s, 100 % closed, looks like nmap',
    'event.kind': 'alert',
    'event.category': ['network', 'intrusion_detection'],
    'event.type': ['info'],
    'event.action': 'port-scan-detected',
    'event.id': `edge1/00112233aabbccdd/10.0.0.7/${episode}/73`,
    'event.module': 'port_ticker',
    'event.dataset': 'port_ticker.alert',
    'event.severity': 73,
    'event.risk_score': 73,
    'event.start': '2026-05-28T20:26:40.000Z',
    'event.end': '2026-05-28T20:26:40.500Z',
    'event.duration': 500_000_000,
    'event.created': '2026-05-28T20:26:49.000Z',
    'event.reason':
      '21 changes of the port > 20; about 22 ports, not only open ones; four more closed ports than open ones',
    'rule.id': 'vertical-udp',
    'rule.name': 'Vertical UDP scan',
    'rule.version': '1',
    'source.ip': '10.0.0.7',
    'source.address': '10.0.0.7',
    'destination.ip': '198.51.100.7',
    'destination.address': '198.51.100.7',
    'destination.port': 22,
    'network.type': 'ipv4',
    'network.transport': 'udp',
    'network.iana_number': '17',
    'network.direction': 'outbound',
    'observer.vendor': 'port-ticker',
    'observer.product': 'port-ticker',
    'observer.type': 'ids',
    'observer.version': document['observer.version'],
    'observer.hostname': 'edge1',
    'observer.ingress.interface.name': 'eth0',
    'observer.ingress.vlan.id': '100',
    'threat.framework': 'MITRE ATT&CK',
    'threat.tactic.id': ['TA0007'],
    'threat.tactic.name': ['Discovery'],
    'threat.technique.id': ['T1046'],
    'threat.technique.name': ['Network Service Discovery'],
    'related.ip': ['10.0.0.7', '198.51.100.7'],
    'related.hosts': ['edge1'],
    tags: ['port-scan'],
    labels: {
      change_count: '21',
      distinct_ports: '22',
      targets: '1',
      probe_kinds: 'UDP',
      tool_hint: 'nmap',
    },
    'data_stream.type': 'logs',
    'data_stream.dataset': 'port_ticker.alert',
    'data_stream.namespace': 'default',
  });
});

test('a stranger prepares (T1595.001), somebody inside looks around (T1046)', () => {
  const techniques = (changed: Partial<ReportEntry>) => {
    const document = ecsDocument(rowAlert(suspect(changed), undefined, false), now);
    const all = ecsFields(written(document));
    return [all['threat.technique.id'], all['threat.technique.subtechnique.id'], all['network.direction']];
  };
  const inside = { destination: '192.168.1.1' };
  assert.deepEqual(techniques({ source: '203.0.113.9', ...inside }), [['T1595'], ['T1595.001'], 'inbound']);
  assert.deepEqual(techniques({ source: 'fd00::1', ...inside }), [['T1046'], undefined, 'internal']);
  assert.deepEqual(techniques({ destination: null }), [['T1595'], ['T1595.001'], 'unknown']);
});

test('device and VLAN of the packet that crossed are named', () => {
  const alert = rowAlert(suspect({ vlan: 100 }), undefined, false);
  const { observer } = Object(ecsDocument(alert, now));
  assert.deepEqual(observer.ingress, { interface: { name: 'eth0' }, vlan: { id: '100' } });
  const [evidence] = Object(ocsfDocument(alert, now)).evidences;
  assert.deepEqual(evidence.dst_endpoint, {
    ip: '198.51.100.7',
    port: 22,
    interface_name: 'eth0',
    vlan_uid: '100',
  });
});

test('nothing ends before it starts, whatever a sensor says of its times', () => {
  const early = { lastChange: reportEntry().episode - 5_000 };
  for (const alert of [rowAlert(suspect(early), undefined, false), alertOfGroup(bySource, fleet(3, early))]) {
    assertEcs(written(ecsDocument(alert, now)));
    assertOcsf(written(ocsfDocument(alert, now)));
  }
});

test('of many sources none is the source; a hundred are named, and all counted', () => {
  const alert = alerts['a distributed scan'];
  assert.ok(alert !== undefined);
  const document = ecsFields(written(ecsDocument(alert, now)));
  assert.equal(document['source.ip'], undefined);
  assert.equal(document['destination.ip'], '198.51.100.7');
  assert.equal(Object(document['related.ip']).length, 100);
  assert.equal(Object(document['labels']).members, '150');
  assert.ok(JSON.stringify(ocsfDocument(alert, now)).length < 25_000);
});

test('an OCSF finding is created, updated and closed under one uid', () => {
  const first = rowAlert(suspect({ verdict: false }), undefined, false);
  const rise = rowAlert(suspect(), { ...toldOf(first), severity: 47 }, false);
  const close = alerts['a sensor that is back'];
  assert.ok(close !== undefined);
  const facts = [first, rise, close].map((alert) => {
    const all = ecsFields(written(ocsfDocument(alert, now)));
    return ['activity_id', 'type_uid', 'severity_id', 'status_id', 'is_alert', 'finding_info.uid'].map(
      (name) => all[name],
    );
  });
  assert.deepEqual(facts, [
    [1, 200401, 3, 1, true, first.finding],
    [2, 200402, 4, 1, true, first.finding],
    [3, 200403, 2, 4, false, close.finding],
  ]);
  assert.equal(first.finding, rise.finding);
  assert.notEqual(first.id, rise.id);
});

function toldOf(alert: Alert) {
  assert.equal(alert.told.about, 'row');
  if (alert.told.about !== 'row') throw new Error('no row');
  return alert.told;
}

/** As it is written into the topic. */
function written(document: object): unknown {
  return JSON.parse(JSON.stringify(document));
}
