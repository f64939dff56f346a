import avro from 'avsc';
import type { ReportEntry } from '../../common/event.ts';
import { PackedMap } from '../packed-map.ts';
import { groupId, groupKeys, type Member, type Suspect } from './groups.ts';
import type { Severity } from './severity.ts';

/** What is kept of a suspect, as it was when it was put in; all else is in the report. */
export interface Trace {
  severity: Severity;
  epoch: string;
  episode: number;
  changeCount: number;
  /** Of its group keys, see `groupId`. */
  groups: number[];
}

const traceType = avro.Type.forSchema({
  type: 'record',
  name: 'Trace',
  fields: [
    { name: 'severity', type: 'int' },
    { name: 'epoch', type: 'string' },
    { name: 'episode', type: 'long' },
    { name: 'changeCount', type: 'long' },
    { name: 'groups', type: { type: 'array', items: 'long' } },
  ],
});

/** All suspects of the report, also by what they may have in common. */
export class Suspects {
  readonly #entryOf: (key: string) => ReportEntry | undefined;
  readonly #traces = new PackedMap<Trace>(traceType);
  /** Row keys by group. Most suspects share nothing: a set for each would take more memory than they do. */
  readonly #groups = new Map<number, string | Set<string>>();

  /** `entryOf`: what the report shows under a row's key now. */
  constructor(entryOf: (key: string) => ReportEntry | undefined) {
    this.#entryOf = entryOf;
  }

  trace(key: string): Trace | undefined {
    return this.#traces.get(key);
  }

  /** Undefined also when its row is gone or has begun another episode: what becomes of that has yet to be put in. */
  get(key: string): Suspect | undefined {
    const trace = this.#traces.get(key);
    const entry = trace && this.#entryOf(key);
    if (entry === undefined || entry.epoch !== trace?.epoch || entry.episode !== trace.episode)
      return undefined;
    return { key, severity: trace.severity, episode: trace.episode, entry };
  }

  /** Returns the ids of groups that have no member any more. */
  put(key: string, entry: ReportEntry, severity: Severity): number[] {
    const left = this.delete(key);
    const { epoch, episode, changeCount } = entry;
    const groups = groupKeys(entry).map(groupId);
    this.#traces.set(key, { severity, epoch, episode, changeCount, groups });
    for (const group of groups) this.#join(group, key);
    return left.filter((group) => !this.#groups.has(group));
  }

  /** Returns the ids of groups that have no member any more. */
  delete(key: string): number[] {
    const groups = this.#traces.get(key)?.groups ?? [];
    this.#traces.delete(key);
    for (const group of groups) this.#leave(group, key);
    return groups.filter((group) => !this.#groups.has(group));
  }

  /** Those with this in common, whenever they began. */
  sharing(group: string): Member[] {
    const keys = this.#groups.get(groupId(group)) ?? [];
    const members: Member[] = [];
    for (const key of typeof keys === 'string' ? [keys] : keys) {
      const trace = this.#traces.get(key);
      if (trace !== undefined) members.push(new LazyMember(key, trace, this.#entryOf));
    }
    return members;
  }

  #join(group: number, key: string): void {
    const members = this.#groups.get(group);
    if (members === undefined) this.#groups.set(group, key);
    else if (typeof members === 'string') this.#groups.set(group, new Set([members, key]));
    else members.add(key);
  }

  #leave(group: number, key: string): void {
    const members = this.#groups.get(group);
    if (typeof members === 'object') members.delete(key);
    if (members === key || (typeof members === 'object' && members.size === 0)) this.#groups.delete(group);
  }
}

/** A group may have as many members as the report has rows: the entry is made when it is asked for. */
class LazyMember implements Member {
  readonly key: string;
  readonly severity: Severity;
  readonly episode: number;
  readonly #entryOf: (key: string) => ReportEntry | undefined;

  constructor(key: string, { severity, episode }: Trace, entryOf: (key: string) => ReportEntry | undefined) {
    this.key = key;
    this.severity = severity;
    this.episode = episode;
    this.#entryOf = entryOf;
  }

  get entry(): ReportEntry | undefined {
    return this.#entryOf(this.key);
  }
}
