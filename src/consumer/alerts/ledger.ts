import type { ReportEntry } from '../../common/event.ts';
import { rowKey } from '../report.ts';
import type { SensorProblem, Told, ToldGroup, ToldRow, ToldSensor } from './told.ts';

/** What has been alerted. Takes what was told in any order, and as often as it comes. */
export class Ledger {
  /** By sensor and source: the newest episode told of. */
  readonly #rows = new Map<string, ToldRow>();
  readonly #groups = new Map<string, ToldGroup[]>();
  readonly #sensors = new Map<string, ToldSensor>();

  note(told: Told): void {
    if (told.about === 'row') this.#noteRow(told);
    else if (told.about === 'group') this.#noteGroup(told);
    else this.#sensors.set(`${told.sensor}/${told.problem}`, told);
  }

  /** What was told of the row's episode. */
  row(entry: ReportEntry): ToldRow | undefined {
    const told = this.#rows.get(rowKey(entry));
    return told?.epoch === entry.epoch && told.episode === entry.episode ? told : undefined;
  }

  /** The groups told of that have this in common. */
  groups(group: string): readonly ToldGroup[] {
    return this.#groups.get(group) ?? [];
  }

  /** The last that was told of a sensor's problem. */
  sensor(sensor: string, problem: SensorProblem): ToldSensor | undefined {
    return this.#sensors.get(`${sensor}/${problem}`);
  }

  /** For a row that is gone: its episode does not come back. */
  forgetRow(key: string): void {
    this.#rows.delete(key);
  }

  /** For groups without a member left. */
  forgetGroups(group: string): void {
    this.#groups.delete(group);
  }

  #noteRow(told: ToldRow): void {
    const key = rowKey(told);
    const held = this.#rows.get(key);
    const isSame = held?.epoch === told.epoch && held.episode === told.episode;
    if (held !== undefined && !isSame && held.episode > told.episode) return;
    this.#rows.set(key, isSame ? { ...told, ...larger(held, told) } : told);
  }

  #noteGroup(told: ToldGroup): void {
    const groups = this.#groups.get(told.group) ?? [];
    const held = groups.find(({ anchor }) => anchor === told.anchor);
    const members = Math.max(told.members, held?.members ?? 0);
    const whole = held === undefined ? told : { ...told, ...larger(held, told), members };
    this.#groups.set(told.group, [...groups.filter((each) => each !== held), whole]);
  }
}

/** The highest severity, and the count at the first alert, which was the smallest. */
function larger(a: Pick<ToldRow, 'severity' | 'count'>, b: typeof a): typeof a {
  return { severity: Math.max(a.severity, b.severity), count: Math.min(a.count, b.count) };
}
