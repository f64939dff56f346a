import avro from 'avsc';
import type { ReportEntry } from '../../common/event.ts';
import { PackedMap } from '../packed-map.ts';
import { rowKey } from '../report.ts';
import { groupId } from './groups.ts';
import type { SensorProblem, Told, ToldGroup, ToldRow, ToldSensor } from './told.ts';

/** What is kept of a row that was told of. */
type RowNote = Omit<ToldRow, 'about' | 'sensor' | 'source'>;

const rowNoteType = avro.Type.forSchema({
  type: 'record',
  name: 'RowNote',
  fields: [
    { name: 'epoch', type: 'string' },
    { name: 'episode', type: 'long' },
    { name: 'severity', type: 'long' },
    { name: 'count', type: 'long' },
  ],
});

/** What has been alerted. Takes what was told in any order, and as often as it comes. */
export class Ledger {
  /** By sensor and source: the newest episode told of. */
  readonly #rows = new PackedMap<RowNote>(rowNoteType);
  readonly #groups = new Map<number, ToldGroup[]>();
  readonly #sensors = new Map<string, ToldSensor>();

  note(told: Told): void {
    if (told.about === 'row') this.#noteRow(told);
    else if (told.about === 'group') this.#noteGroup(told);
    else this.#sensors.set(`${told.sensor}/${told.problem}`, told);
  }

  /** What was told of the row's episode. */
  row(entry: Pick<ReportEntry, 'sensor' | 'source' | 'epoch' | 'episode'>): RowNote | undefined {
    const told = this.#rows.get(rowKey(entry));
    return told?.epoch === entry.epoch && told.episode === entry.episode ? told : undefined;
  }

  /** The groups told of that have this in common. */
  groups(group: string): readonly ToldGroup[] {
    return this.#groups.get(groupId(group)) ?? [];
  }

  /** The last that was told of a sensor's problem. */
  sensor(sensor: string, problem: SensorProblem): ToldSensor | undefined {
    return this.#sensors.get(`${sensor}/${problem}`);
  }

  /** For a row that is gone: its episode does not come back. */
  forgetRow(key: string): void {
    this.#rows.delete(key);
  }

  /** For one without a member left, by its id. */
  forgetGroup(id: number): void {
    this.#groups.delete(id);
  }

  #noteRow(told: ToldRow): void {
    const key = rowKey(told);
    const held = this.#rows.get(key);
    const isSame = held?.epoch === told.epoch && held.episode === told.episode;
    if (held !== undefined && !isSame && held.episode > told.episode) return;
    this.#rows.set(key, isSame ? { ...told, ...larger(held, told) } : told);
  }

  #noteGroup(told: ToldGroup): void {
    const id = groupId(told.group);
    const groups = this.#groups.get(id) ?? [];
    const held = groups.find(({ anchor }) => anchor === told.anchor);
    const members = Math.max(told.members, held?.members ?? 0);
    const whole = held === undefined ? told : { ...told, ...larger(held, told), members };
    this.#groups.set(id, [...groups.filter((each) => each !== held), whole]);
  }
}

/** The highest severity, and the count at the first alert, which was the smallest. */
function larger(a: Pick<ToldRow, 'severity' | 'count'>, b: typeof a): typeof a {
  return { severity: Math.max(a.severity, b.severity), count: Math.min(a.count, b.count) };
}
