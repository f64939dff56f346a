import avro from 'avsc';
import type { ReportEntry } from '../../common/event.ts';
import { PackedMap } from '../packed-map.ts';
import { groupId, groupKeys, type Member, type Suspect } from './groups.ts';
import type { Severity } from './severity.ts';
import { SlotsById } from './slots-by-id.ts';

/** What is kept of a suspect, as it was when it was put in; all else is in the report. */
export interface Trace {
  severity: Severity;
  episode: number;
  epoch: string;
  changeCount: number;
}

const headFields = [
  { name: 'severity', type: 'int' },
  { name: 'episode', type: 'long' },
];
const headType = avro.Type.forSchema({ type: 'record', name: 'TraceHead', fields: headFields });
const traceType = avro.Type.forSchema({
  type: 'record',
  name: 'Trace',
  fields: [...headFields, { name: 'epoch', type: 'string' }, { name: 'changeCount', type: 'long' }],
});

/** All suspects of the report, also by what they may have in common. Each is known by its key, and by its slot. */
export class Suspects {
  readonly #entryOf: (key: string) => ReportEntry | undefined;
  readonly #traces = new PackedMap<Trace>(traceType);
  /** For each of `groupKeys` one: the groups that a suspect is in. */
  readonly #groups = [new SlotsById(), new SlotsById()];

  /** `entryOf`: what the report shows under a row's key now. */
  constructor(entryOf: (key: string) => ReportEntry | undefined) {
    this.#entryOf = entryOf;
  }

  /** A small number that stands for the suspect until it is deleted. */
  slotOf(key: string): number | undefined {
    return this.#traces.slotOf(key);
  }

  trace(slot: number): Trace {
    return this.#traces.valueIn(slot);
  }

  /** Undefined also when its row is gone or has begun another episode: what becomes of that has yet to be put in. */
  get(slot: number): Suspect | undefined {
    const key = this.#traces.keyIn(slot);
    const { epoch, episode, severity } = this.trace(slot);
    const entry = this.#entryOf(key);
    if (entry?.epoch !== epoch || entry.episode !== episode) return undefined;
    return { key, severity, episode, entry };
  }

  /** Returns its slot, and the ids of groups that have no member any more. */
  put(key: string, entry: ReportEntry, severity: Severity): { slot: number; left: number[] } {
    const { epoch, episode, changeCount } = entry;
    const slot = this.#traces.set(key, { severity, episode, epoch, changeCount });
    const ids = groupKeys(entry).map(groupId);
    const left = this.#groups.flatMap((slots, width) => slots.move(slot, ids[width]) ?? []);
    return { slot, left: left.filter((id) => this.#isEmpty(id)) };
  }

  /** Returns the ids of groups that have no member any more. */
  delete(key: string): number[] {
    const slot = this.slotOf(key);
    if (slot === undefined) return [];
    this.#traces.delete(key);
    const left = this.#groups.flatMap((slots) => slots.remove(slot) ?? []);
    return left.filter((id) => this.#isEmpty(id));
  }

  /** Those with this in common, whenever they began. */
  sharing(group: string): Member[] {
    const id = groupId(group);
    return this.#groups.flatMap((slots) =>
      Array.from(slots.of(id), (slot) => new LazyMember(slot, this.#traces, this.#entryOf)),
    );
  }

  #isEmpty(id: number): boolean {
    return this.#groups.every((slots) => slots.isEmpty(id));
  }
}

/** A group may have as many members as the report has rows: key and entry are made when they are asked for. */
class LazyMember implements Member {
  readonly severity: Severity;
  readonly episode: number;
  readonly #slot: number;
  readonly #traces: PackedMap<Trace>;
  readonly #entryOf: (key: string) => ReportEntry | undefined;

  constructor(slot: number, traces: PackedMap<Trace>, entryOf: (key: string) => ReportEntry | undefined) {
    const { severity, episode } = traces.valueIn<Pick<Trace, 'severity' | 'episode'>>(slot, headType);
    this.severity = severity;
    this.episode = episode;
    this.#slot = slot;
    this.#traces = traces;
    this.#entryOf = entryOf;
  }

  get key(): string {
    return this.#traces.keyIn(this.#slot);
  }

  get entry(): ReportEntry | undefined {
    return this.#entryOf(this.key);
  }
}
