import { compareTexts } from '../../common/compare-texts.ts';
import type { ReportEntry } from '../../common/event.ts';
import type { Member, Suspect } from './groups.ts';
import { isInternal } from './networks.ts';

/** Members named in a document; their number is always there. */
export const namedMembers = 100;

/**
 * What an alert says of all its members together, gathered from one after the other: there may be as many as rows in the
 * report. Those that have left it meanwhile are counted, and nothing else.
 */
export class Summary {
  count = 0;
  /** Of the most severe the first to begin: whoever says it again is to name the same one. */
  lead: Suspect | undefined;
  /** The rows to be named. */
  readonly named: ReportEntry[] = [];
  readonly sensors = new Set<string>();
  readonly kinds = new Set<string>();
  /** ms since 1970, by the sensors' clocks. */
  start = Number.POSITIVE_INFINITY;
  lastChange = Number.NEGATIVE_INFINITY;
  /** The largest. */
  changeCount = 0;
  /** True while every source is an internal one. */
  isFromInside = true;

  static of(members: Iterable<Member>): Summary {
    const summary = new Summary();
    for (const member of members) summary.add(member);
    return summary;
  }

  add(member: Member): void {
    const { severity, episode, entry } = member;
    this.count += 1;
    this.start = Math.min(this.start, episode);
    if (entry === undefined) return;
    if (this.lead === undefined || isBefore(member, this.lead))
      this.lead = { key: member.key, severity, episode, entry };
    if (this.named.length < namedMembers) this.named.push(entry);
    this.sensors.add(entry.sensor);
    for (const kind of entry.kinds) this.kinds.add(kind);
    this.lastChange = Math.max(this.lastChange, entry.lastChange);
    this.changeCount = Math.max(this.changeCount, entry.changeCount);
    this.isFromInside &&= isInternal(entry.source);
  }
}

function isBefore(a: Member, b: Member): boolean {
  return (b.severity - a.severity || a.episode - b.episode || compareTexts(a.key, b.key)) < 0;
}
