import type { ReportEntry } from '../../common/event.ts';
import { largest } from '../../common/extremes.ts';
import { rowKey } from '../report.ts';
import { type Alert, groupAlert, rowAlert, type ScanAlert, toldRow } from './alert.ts';
import { type Group, groupKeys, groupsOf, type Suspect } from './groups.ts';
import type { Ledger } from './ledger.ts';
import { type Severity, severity } from './severity.ts';
import { Suspects } from './suspects.ts';

/** An alert waits for so long, so that company can arrive; ms. */
const patience = 2_000;

interface Options {
  ledger: Ledger;
  minSeverity: Severity;
  isKnown: (source: string) => boolean;
}

/** The rows and what has been alerted of them, from a takeover on. Decides what is due; sends nothing. */
export class Shift {
  readonly #options: Options;
  readonly #suspects = new Suspects();
  /** By row: since when it is more severe than what was told of it; ms. */
  readonly #due = new Map<string, number>();

  constructor(options: Options) {
    this.#options = options;
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
    const before = this.#suspects.get(key);
    this.#suspects.put({ key, entry, severity: grade });
    if (before !== undefined) this.#forgetGroupsOf(before);
    if (grade <= (told?.severity ?? 0)) this.#due.delete(key);
    else this.#due.set(key, this.#due.get(key) ?? now);
  }

  /**
   * The alerts that are due, the most severe first. Rows that are alerted already through their group are not due any
   * more after this.
   */
  alerts(now: number): ScanAlert[] {
    const ripe = Array.from(this.#due).flatMap(([key, since]) => {
      const suspect = this.#suspects.get(key);
      return suspect !== undefined && now - since >= patience ? [suspect] : [];
    });
    const groups = this.#groupsOf(ripe);
    const alone = ripe.filter(({ key }) => !groups.has(key));
    const alerts = alone.map((suspect) => this.#rowAlert(suspect));
    for (const group of new Set(groups.values())) {
      if (isNews(group)) alerts.push(groupAlert(group, this.#isOfKnown(group)));
      else this.#cover(group.members, group.told?.count);
    }
    return alerts.toSorted((a, b) => b.severity - a.severity);
  }

  /** Kafka has the alert. */
  told(alert: Alert): void {
    this.#options.ledger.note(alert.told);
    if (alert.about === 'sensor') return;
    const keys = alert.members.map(rowKey);
    this.#cover(keys.flatMap((key) => this.#suspects.get(key) ?? []));
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
        for (const member of group.members) found.set(member.key, group);
      }
    }
    return found;
  }

  #rowAlert(suspect: Suspect): ScanAlert {
    const { ledger, isKnown } = this.#options;
    return rowAlert(suspect, ledger.row(suspect.entry), isKnown(suspect.entry.source));
  }

  #isOfKnown({ members }: Group): boolean {
    return members.every(({ entry }) => this.#options.isKnown(entry.source));
  }

  /** Notes that rows have been alerted, as severe as they are now. `firstCount`: the largest they had at the first alert. */
  #cover(suspects: readonly Suspect[], firstCount = Number.POSITIVE_INFINITY): void {
    const { ledger } = this.#options;
    for (const { key, entry, severity: grade } of suspects) {
      const count = ledger.row(entry)?.count ?? Math.min(firstCount, entry.changeCount);
      ledger.note(toldRow(entry, grade, count));
      this.#due.delete(key);
    }
  }

  #leave(key: string): void {
    const suspect = this.#suspects.get(key);
    this.#suspects.delete(key);
    this.#due.delete(key);
    if (suspect !== undefined) this.#forgetGroupsOf(suspect);
  }

  /** Those that a suspect was in, and that have no member any more. */
  #forgetGroupsOf({ entry }: Suspect): void {
    for (const group of groupKeys(entry)) {
      if (!this.#suspects.isShared(group)) this.#options.ledger.forgetGroups(group);
    }
  }
}

/** A group is news when it is new, more severe, or has twice the members. */
function isNews({ members, told }: Group): boolean {
  if (told === undefined) return true;
  const most = largest(members.map(({ severity: grade }) => grade));
  return most > told.severity || members.length >= 2 * told.members;
}
