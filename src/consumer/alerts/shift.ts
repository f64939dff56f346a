import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ReportEntry } from '../../common/event.ts';
import { largest } from '../../common/extremes.ts';
import { sourceOf } from '../report.ts';
import { inPortions } from '../turns.ts';
import { type Alert, groupAlert, rowAlert, type ScanAlert, toldRow } from './alert.ts';
import { DueList } from './due-list.ts';
import { type Group, groupKeys, groupsOf, type Member, type Suspect } from './groups.ts';
import type { Ledger } from './ledger.ts';
import { type Severity, severity } from './severity.ts';
import { Summary } from './summary.ts';
import { Suspects } from './suspects.ts';

/** An alert waits for so long, so that company can arrive; ms. */
const patience = 2_000;

interface Options {
  ledger: Ledger;
  minSeverity: Severity;
  isKnown: (source: string) => boolean;
  /** What the report shows under a row's key now. */
  entryOf: (key: string) => ReportEntry | undefined;
}

/**
 * The rows and what has been alerted of them, from a takeover on. Decides what is due; sends nothing. One call at a time:
 * what takes long gives the process its turns.
 */
export class Shift {
  readonly #options: Options;
  readonly #suspects: Suspects;
  /** Rows that are more severe than what was told of them. */
  readonly #due = new DueList();

  constructor(options: Options) {
    this.#options = options;
    this.#suspects = new Suspects(options.entryOf);
  }

  /** Takes in what a row is now; undefined when it is gone. */
  see(key: string, entry: ReportEntry | undefined, now: number): void {
    const { ledger, minSeverity, isKnown } = this.#options;
    if (entry === undefined) {
      this.#leave(key);
      ledger.forgetRow(key);
      return;
    }
    const told = ledger.row(entry);
    const grade = severity(entry, { isKnown: isKnown(entry.source), firstCount: told?.count });
    if (grade === 0 || grade < minSeverity) {
      this.#leave(key);
      return;
    }
    const { slot, left } = this.#suspects.put(key, entry, grade);
    this.#forgetGroups(left);
    if (grade <= (told?.severity ?? 0)) this.#due.delete(slot);
    else this.#due.put(slot, grade, now);
  }

  /**
   * At most so many of the alerts that are due, the most severe first; none when none is. Rows that are alerted already
   * through their group are not due any more after this.
   */
  async alerts(now: number, limit: number): Promise<ScanAlert[]> {
    for (;;) {
      const ripe = this.#ripe(now, limit);
      if (ripe.length === 0) return [];
      const groups = this.#groupsOf(ripe);
      const alone = ripe.filter(({ key }) => !groups.has(key));
      const alerts = alone.map((suspect) => this.#rowAlert(suspect));
      for (const group of new Set(groups.values())) {
        if (isNews(group)) alerts.push(...(await this.#groupAlerts(group)));
        else await this.#cover(group.members, group.told?.count);
      }
      if (alerts.length > 0) return alerts.toSorted((a, b) => b.severity - a.severity);
    }
  }

  /** Kafka has the alert. */
  async told(alert: Alert): Promise<void> {
    this.#options.ledger.note(alert.told);
    if (alert.about === 'sensor') return;
    await this.#cover(alert.suspects);
  }

  #ripe(now: number, limit: number): Suspect[] {
    const ripe: Suspect[] = [];
    for (const slot of this.#due.ripe(now - patience)) {
      const suspect = this.#suspects.get(slot);
      if (suspect !== undefined) ripe.push(suspect);
      if (ripe.length === limit) break;
    }
    return ripe;
  }

  /** The group of each ripe suspect that has one: the widest, and of all groups each once. */
  #groupsOf(ripe: readonly Suspect[]): Map<string, Group> {
    const { ledger } = this.#options;
    const found = new Map<string, Group>();
    const keys = ripe.flatMap(({ entry }) => groupKeys(entry).map((key, width) => ({ key, width })));
    const wideFirst = keys.toSorted((a, b) => a.width - b.width).map(({ key }) => key);
    const isRipe = new Set(ripe.map(({ key }) => key));
    for (const key of new Set(wideFirst)) {
      const free = this.#suspects.sharing(key).filter((each) => !found.has(each.key));
      for (const group of groupsOf(key, free, ledger.groups(key))) {
        if (!group.members.some((member) => isRipe.has(member.key))) continue;
        for (const { key: own } of group.members) {
          // a row is in one group of the narrowest kind only: of these, which may be large, the ripe ones will do
          if (group.kind === 'fleet-sweep' || isRipe.has(own)) found.set(own, group);
        }
      }
    }
    return found;
  }

  #rowAlert(suspect: Suspect): ScanAlert {
    const { ledger, isKnown } = this.#options;
    return rowAlert(suspect, ledger.row(suspect.entry), isKnown(suspect.entry.source));
  }

  /** One, or none when all members have left the report meanwhile. */
  async #groupAlerts(group: Group): Promise<ScanAlert[]> {
    const summary = new Summary();
    let isKnown = true;
    for await (const members of inPortions(group.members, nextTurn)) {
      for (const member of members) {
        summary.add(member);
        isKnown &&= this.#options.isKnown(sourceOf(member.key).source);
      }
    }
    const { lead } = summary;
    return lead === undefined ? [] : [groupAlert(group, summary, lead, isKnown)];
  }

  /**
   * Notes of rows that are due that they have been alerted, as severe as they are now. `firstCount`: the largest they had
   * at the first alert.
   */
  async #cover(
    members: readonly Pick<Member, 'key'>[],
    firstCount = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    for await (const portion of inPortions(members, nextTurn))
      for (const { key } of portion) this.#coverOne(key, firstCount);
  }

  #coverOne(key: string, firstCount: number): void {
    const { ledger } = this.#options;
    const slot = this.#suspects.slotOf(key);
    if (slot === undefined || !this.#due.has(slot)) return;
    const trace = this.#suspects.trace(slot);
    const row = { ...sourceOf(key), ...trace };
    const count = ledger.row(row)?.count ?? Math.min(firstCount, trace.changeCount);
    ledger.note(toldRow(row, trace.severity, count));
    this.#due.delete(slot);
  }

  #leave(key: string): void {
    const slot = this.#suspects.slotOf(key);
    if (slot === undefined) return;
    this.#due.delete(slot);
    this.#forgetGroups(this.#suspects.delete(key));
  }

  /** Those that have no member any more. */
  #forgetGroups(groups: readonly number[]): void {
    for (const group of groups) this.#options.ledger.forgetGroup(group);
  }
}

/** A group is news when it is new, more severe, or has twice the members. */
function isNews({ members, told }: Group): boolean {
  if (told === undefined) return true;
  const most = largest(members.map(({ severity: grade }) => grade));
  return most > told.severity || members.length >= 2 * told.members;
}
