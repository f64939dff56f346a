import { isIPv4 } from 'node:net';
import type { ReportEntry } from '../../common/event.ts';
import { isoTime } from '../../common/iso-time.ts';
import { version } from '../../common/version.ts';
import type { Alert, ScanAlert, SensorAlert } from './alert.ts';
import { attackOf, directionOf } from './attack.ts';
import { ruleOf, ruleVersion } from './rule.ts';
import { namedMembers } from './summary.ts';
import { toolName } from './words.ts';

const transports: Readonly<Record<number, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  58: 'ipv6-icmp',
  132: 'sctp',
};

/** An alert in the Elastic Common Schema 8.17. `now` in ms since 1970. */
export function ecsDocument(alert: Alert, now: number): object {
  return {
    '@timestamp': isoTime(alert.end),
    ecs: { version: '8.17.0' },
    message: alert.message,
    event: {
      kind: 'alert',
      category: alert.about === 'scan' ? ['network', 'intrusion_detection'] : ['host'],
      type: ['info'],
      action: alert.action,
      id: alert.id,
      module: 'port_ticker',
      dataset: 'port_ticker.alert',
      severity: alert.severity,
      risk_score: alert.severity,
      start: isoTime(alert.start),
      end: isoTime(alert.end),
      duration: nanoseconds(alert.end - alert.start),
      created: isoTime(now),
      reason: alert.reason,
    },
    rule: { ...ruleOf(alert), version: ruleVersion },
    ...(alert.about === 'scan' ? scanFields(alert) : sensorFields(alert)),
    data_stream: { type: 'logs', dataset: 'port_ticker.alert', namespace: 'default' },
  };
}

/** Only what is true of all members: of many sources none is the source, of many sensors none the observer. */
function scanFields(alert: ScanAlert): object {
  const { action, lead, members, isKnown } = alert;
  const isOfOneSource = action !== 'distributed-scan-detected';
  const isOfOneSensor = action !== 'fleet-sweep-detected';
  const { source, destination, destinationPort } = lead;
  const addresses = members.named.flatMap((row) => [
    row.source,
    ...(row.destination === null ? [] : [row.destination]),
  ]);
  return {
    ...(isOfOneSource ? { source: { ip: source, address: source } } : {}),
    ...(isOfOneSensor && destination !== null
      ? { destination: { ip: destination, address: destination, port: destinationPort ?? undefined } }
      : {}),
    network: networkOf(alert),
    observer: isOfOneSensor ? { ...observer, hostname: lead.sensor, ...ingressOf(lead) } : observer,
    threat: threatOf(alert),
    related: { ip: named(addresses), hosts: named(members.named.map(({ sensor }) => sensor)) },
    tags: ['port-scan', ...(isKnown ? ['known-scanner'] : [])],
    labels: labelsOf(alert),
  };
}

function sensorFields({ sensor, isRecovery }: SensorAlert): object {
  return {
    observer: { ...observer, hostname: sensor },
    related: { hosts: [sensor] },
    tags: ['sensor-health', ...(isRecovery ? ['recovery'] : [])],
  };
}

const observer = { vendor: 'port-ticker', product: 'port-ticker', type: 'ids', version };

function ingressOf({ device, vlan }: ReportEntry): object {
  if (device === null) return {};
  const tag = vlan === null ? {} : { vlan: { id: String(vlan) } };
  return { ingress: { interface: { name: device }, ...tag } };
}

function networkOf(alert: ScanAlert): object {
  const { source, protocol } = alert.lead;
  const transport = protocol === null ? undefined : transports[protocol];
  return {
    type: isIPv4(source) ? 'ipv4' : 'ipv6',
    ...(transport === undefined ? {} : { transport }),
    ...(protocol === null ? {} : { iana_number: String(protocol) }),
    direction: directionOf(alert),
  };
}

function threatOf(alert: ScanAlert): object {
  const { tactic, technique, subtechnique } = attackOf(alert);
  const below =
    subtechnique === null ? {} : { subtechnique: { id: [subtechnique.id], name: [subtechnique.name] } };
  return {
    framework: 'MITRE ATT&CK',
    tactic: { id: [tactic.id], name: [tactic.name] },
    technique: { id: [technique.id], name: [technique.name], ...below },
  };
}

/** ECS has no fields for these; all labels are keywords. */
function labelsOf({ lead, members, isKnown }: ScanAlert): Record<string, string> {
  const tool = toolName(lead);
  return {
    change_count: String(lead.changeCount),
    distinct_ports: String(lead.distinctPorts),
    targets: String(lead.targets),
    probe_kinds: lead.kinds.join(','),
    ...(members.count > 1 ? { members: String(members.count) } : {}),
    ...(tool === null ? {} : { tool_hint: tool }),
    ...(isKnown ? { known_scanner: 'true' } : {}),
  };
}

function named(names: Iterable<string>): string[] {
  const different = new Set<string>();
  for (const name of names) {
    different.add(name);
    if (different.size === namedMembers) break;
  }
  return [...different];
}

/** Of ms; no more than JSON's readers take for a whole number. */
function nanoseconds(ms: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, ms * 1_000_000);
}
