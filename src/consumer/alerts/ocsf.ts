import type { ReportEntry } from '../../common/event.ts';
import { version } from '../../common/version.ts';
import type { Alert, ScanAlert } from './alert.ts';
import { attackOf, type Direction, directionOf } from './attack.ts';
import { ruleOf, ruleVersion } from './rule.ts';
import type { Severity } from './severity.ts';
import { toolName } from './words.ts';

const findings = 2;
const detectionFinding = 2004;
/** Create, Update and Close: what a finding's life is made of. */
const activity = { create: 1, update: 2, close: 3 };
const severityIds: Readonly<Record<Severity, number>> = { 21: 2, 47: 3, 73: 4, 99: 5 };
const status = { new: 1, resolved: 4 };
const ruleAnalytic = 1;
const ipAddress = 2;
const hostname = 1;
/** OCSF has no word for traffic between strangers. */
const directionIds: Readonly<Record<Direction, number>> = {
  unknown: 0,
  inbound: 1,
  outbound: 2,
  internal: 3,
  external: 99,
};

/** An alert as an OCSF 1.8 Detection Finding. `now` in ms since 1970. */
export function ocsfDocument(alert: Alert, now: number): object {
  const activityId = activityOf(alert);
  const { id, name } = ruleOf(alert);
  return {
    category_uid: findings,
    class_uid: detectionFinding,
    activity_id: activityId,
    type_uid: detectionFinding * 100 + activityId,
    severity_id: severityIds[alert.severity],
    status_id: activityId === activity.close ? status.resolved : status.new,
    is_alert: activityId !== activity.close,
    time: now,
    start_time: alert.start,
    end_time: alert.end,
    message: alert.message,
    metadata: {
      version: '1.8.0',
      uid: alert.id,
      product: { name: 'port-ticker', vendor_name: 'port-ticker', version },
      labels: labelsOf(alert),
    },
    finding_info: {
      uid: alert.finding,
      title: name,
      desc: alert.reason,
      first_seen_time: alert.start,
      last_seen_time: alert.end,
      analytic: { type_id: ruleAnalytic, uid: id, name, version: ruleVersion },
      ...(alert.about === 'scan' ? { attacks: [attackObject(alert)] } : {}),
    },
    ...(alert.about === 'scan' ? scanAttributes(alert) : sensorAttributes(alert.sensor)),
  };
}

function activityOf(alert: Alert): number {
  if (alert.about === 'sensor') return alert.isRecovery ? activity.close : activity.create;
  return alert.isFirst ? activity.create : activity.update;
}

function labelsOf(alert: Alert): string[] {
  if (alert.about === 'sensor') return ['sensor-health'];
  const tool = toolName(alert.lead);
  return [
    'port-scan',
    ...(alert.isKnown ? ['known-scanner'] : []),
    ...(tool === null ? [] : [`tool-hint:${tool}`]),
  ];
}

function attackObject(alert: ScanAlert): object {
  const { tactic, technique, subtechnique } = attackOf(alert);
  const named = ({ id, name }: { id: string; name: string }) => ({ uid: id, name });
  return {
    tactic: named(tactic),
    technique: named(technique),
    ...(subtechnique === null ? {} : { sub_technique: named(subtechnique) }),
  };
}

function scanAttributes(alert: ScanAlert): object {
  const { lead, members } = alert;
  const rows = members.named;
  const direction = directionOf(alert);
  const sources = new Set(rows.map(({ source }) => source));
  const sensors = new Set(rows.map(({ sensor }) => sensor));
  return {
    count: Math.max(1, lead.changeCount),
    evidences: rows.map((row) => evidence(row, direction)),
    observables: [
      ...Array.from(sources, (value) => ({ name: 'evidences[].src_endpoint.ip', type_id: ipAddress, value })),
      ...Array.from(sensors, (value) => ({ name: 'resources[].name', type_id: hostname, value })),
    ],
    resources: Array.from(sensors, (name) => ({ name, type: 'sensor' })),
  };
}

function evidence(row: ReportEntry, direction: Direction): object {
  const { source, protocol } = row;
  return {
    src_endpoint: { ip: source },
    ...targetOf(row),
    connection_info: {
      direction_id: directionIds[direction],
      ...(protocol === null ? {} : { protocol_num: protocol }),
    },
  };
}

/** Of the packet that crossed: where it went, and by which device it came in. */
function targetOf({ destination, destinationPort, device, vlan }: ReportEntry): object {
  if (destination === null) return {};
  return {
    dst_endpoint: {
      ip: destination,
      ...(destinationPort === null ? {} : { port: destinationPort }),
      ...(device === null ? {} : { interface_name: device }),
      ...(vlan === null ? {} : { vlan_uid: String(vlan) }),
    },
  };
}

function sensorAttributes(sensor: string): object {
  return {
    observables: [{ name: 'resources[].name', type_id: hostname, value: sensor }],
    resources: [{ name: sensor, type: 'sensor' }],
  };
}
