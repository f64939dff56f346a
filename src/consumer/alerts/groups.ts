import type { ReportEntry } from '../../common/event.ts';
import type { Severity } from './severity.ts';
import type { ToldGroup } from './told.ts';

/** Members of a group have begun within so many ms of its anchor, the time when the first of them began. */
const window = 60_000;
/** First ports that sources must share: a verdict needs no more. */
const sharedPorts = 4;

const fleetSweep = 'fleet-sweep';
const distributed = 'distributed';
/** Sensors with the same source, sources with the same target and ports. */
const fewest = { [fleetSweep]: 3, [distributed]: 5 };

export type GroupKind = keyof typeof fewest;

/** A row that is worth an alert, or has been, as it is looked at in a group. */
export interface Member {
  /** The row's key. */
  readonly key: string;
  readonly severity: Severity;
  readonly episode: number;
  /** Undefined when it has left the report. */
  readonly entry: ReportEntry | undefined;
}

/** One by itself. */
export interface Suspect extends Member {
  readonly entry: ReportEntry;
}

export interface Group {
  kind: GroupKind;
  /** What its members have in common: one of `groupKeys`. */
  key: string;
  /** ms since 1970, by the sensors' clocks. */
  anchor: number;
  members: Member[];
  /** What has been said of it. */
  told: ToldGroup | undefined;
}

/**
 * What a row may have in common with others, the wider first: its source on many sensors, or its target and first ports
 * at one sensor. All of it is in the row, so that a group's members need not be listed anywhere.
 */
export function groupKeys({ sensor, source, destination, ports }: ReportEntry): string[] {
  const keys = [`${fleetSweep}/${source}`];
  if (destination === null || ports.length === 0) return keys;
  return [...keys, `${distributed}/${sensor}/${destination}/${ports.slice(0, sharedPorts).join(',')}`];
}

/**
 * Stands for a group's key in a fraction of its memory: two hashes in the manner of FNV-1a, 53 bits together. Of a million
 * keys two have the same id once in ten thousand times; then rows that have nothing in common may be told as a group.
 */
export function groupId(key: string): number {
  let low = 0x811c9dc5;
  let high = 0x1000193;
  for (let index = 0; index < key.length; index += 1) {
    const code = key.charCodeAt(index);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x85ebca6b);
    high ^= high >>> 15;
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}

/**
 * The groups among suspects that share a key. One that has been told of takes all who began within a minute of its
 * anchor; of the rest, each one that has enough company in the minute from its beginning makes a new one.
 */
export function groupsOf(key: string, suspects: readonly Member[], told: readonly ToldGroup[]): Group[] {
  const kind: GroupKind = key.startsWith(`${fleetSweep}/`) ? fleetSweep : distributed;
  const known = told.map((each): Group => ({ kind, key, anchor: each.anchor, members: [], told: each }));
  const rest: Member[] = [];
  for (const suspect of suspects) {
    const own = known.find(({ anchor }) => Math.abs(suspect.episode - anchor) <= window);
    (own?.members ?? rest).push(suspect);
  }
  return [...known.filter(({ members }) => members.length > 0), ...newGroups(kind, key, rest)];
}

function newGroups(kind: GroupKind, key: string, suspects: readonly Member[]): Group[] {
  const inOrder = suspects.toSorted((a, b) => a.episode - b.episode);
  const groups: Group[] = [];
  let end = 0;
  for (let first = 0; first < inOrder.length; ) {
    const anchor = inOrder[first]?.episode ?? 0;
    while ((inOrder[end]?.episode ?? Number.POSITIVE_INFINITY) <= anchor + window) end += 1;
    const isGroup = end - first >= fewest[kind];
    if (isGroup) groups.push({ kind, key, anchor, members: inOrder.slice(first, end), told: undefined });
    first = isGroup ? end : first + 1;
  }
  return groups;
}
