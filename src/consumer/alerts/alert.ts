import type { ReportEntry } from '../../common/event.ts';
import type { Group, Member, Suspect } from './groups.ts';
import type { Severity } from './severity.ts';
import { Summary } from './summary.ts';
import type { SensorProblem, Told, ToldRow } from './told.ts';
import { describeDistributed, describeFleetSweep, describeRow, grounds } from './words.ts';

export const scanActions = [
  'port-scan-detected',
  'fleet-sweep-detected',
  'distributed-scan-detected',
] as const;
export const recoveries = {
  'sensor-silent': 'sensor-recovered',
  'events-dropped': 'events-dropped-ended',
  'sensor-id-conflict': 'sensor-id-conflict-ended',
} as const satisfies Record<SensorProblem, string>;

export const severityOfProblem: Readonly<Record<SensorProblem, Severity>> = {
  'sensor-silent': 73,
  'events-dropped': 47,
  'sensor-id-conflict': 47,
};
export const severityOfRecovery: Severity = 21;

export type ScanAction = (typeof scanActions)[number];
export type SensorAction = SensorProblem | (typeof recoveries)[SensorProblem];

interface Common {
  /** The same whenever, and by whomever, this is said again. */
  id: string;
  /** The same in all alerts about one matter. */
  finding: string;
  /** The record's key. */
  key: string;
  severity: Severity;
  /** What is remembered of it. */
  told: Told;
  message: string;
  reason: string;
  /** ms since 1970, by the sensor's clock; the end is never before the start. */
  start: number;
  end: number;
}

export interface ScanAlert extends Common {
  about: 'scan';
  action: ScanAction;
  /** False: it has been alerted before, with a lower severity or fewer members. */
  isFirst: boolean;
  isKnown: boolean;
  /** The most severe row. */
  lead: ReportEntry;
  /** All of its rows, the lead among them, and whose they are. */
  members: Summary;
  suspects: readonly Pick<Member, 'key'>[];
}

export interface SensorAlert extends Common {
  about: 'sensor';
  action: SensorAction;
  sensor: string;
  isRecovery: boolean;
}

export type Alert = ScanAlert | SensorAlert;

/** About one row. `before`: what has been told of its episode. */
export function rowAlert(
  suspect: Suspect,
  before: Omit<ToldRow, 'about' | 'sensor' | 'source'> | undefined,
  isKnown: boolean,
): ScanAlert {
  const { entry, severity } = suspect;
  const { sensor, source, epoch, episode } = entry;
  const finding = `${sensor}/${epoch}/${source}/${episode}`;
  return {
    about: 'scan',
    action: 'port-scan-detected',
    id: `${finding}/${severity}`,
    finding,
    key: source,
    severity,
    told: toldRow(entry, severity, before?.count),
    isFirst: before === undefined,
    isKnown,
    message: describeRow(entry, { isKnown }),
    reason: grounds(entry),
    start: episode,
    end: Math.max(episode, entry.lastChange),
    lead: entry,
    members: Summary.of([suspect]),
    suspects: [suspect],
  };
}

/** About all members of a group, of which the most severe one leads. */
export function groupAlert(group: Group, members: Summary, lead: Suspect, isKnown: boolean): ScanAlert {
  const { kind, key, anchor, told } = group;
  const { entry, severity } = lead;
  const { count, start } = members;
  const finding = `${key}/${anchor}`;
  const isFleet = kind === 'fleet-sweep';
  const firstCount = told?.count ?? members.changeCount;
  return {
    about: 'scan',
    action: isFleet ? 'fleet-sweep-detected' : 'distributed-scan-detected',
    id: `${finding}/${severity}/${count}`,
    finding,
    key: isFleet ? entry.source : (entry.destination ?? ''),
    severity,
    told: { about: 'group', group: key, anchor, severity, members: count, count: firstCount },
    isFirst: told === undefined,
    isKnown,
    message: isFleet ? describeFleetSweep(entry, members) : describeDistributed(entry, members),
    reason: grounds(entry),
    start,
    end: Math.max(start, members.lastChange),
    lead: entry,
    members,
    suspects: group.members,
  };
}

/** What is remembered of a row that has been alerted, by itself or with its group. */
export function toldRow(
  entry: Pick<ReportEntry, 'sensor' | 'source' | 'epoch' | 'episode' | 'changeCount'>,
  severity: Severity,
  firstCount: number | undefined,
): ToldRow {
  const { sensor, source, epoch, episode, changeCount } = entry;
  return { about: 'row', sensor, source, epoch, episode, severity, count: firstCount ?? changeCount };
}
