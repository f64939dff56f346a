import { type Alert, recoveries, scanActions, severityOfProblem, severityOfRecovery } from './alert.ts';
import { severities } from './severity.ts';
import { sensorProblems } from './told.ts';

/** Counts the alerts that Kafka has taken. */
export class AlertTally {
  /** By action, then severity; all that there can be are there. */
  readonly #counts = new Map<string, Map<number, number>>();
  #members = 0;

  constructor() {
    for (const action of scanActions) {
      this.#counts.set(action, new Map(severities.map((severity) => [severity, 0])));
    }
    for (const problem of sensorProblems) {
      this.#counts.set(problem, new Map([[severityOfProblem[problem], 0]]));
      this.#counts.set(recoveries[problem], new Map([[severityOfRecovery, 0]]));
    }
  }

  add(alert: Alert): void {
    const counts = this.#counts.get(alert.action);
    counts?.set(alert.severity, (counts.get(alert.severity) ?? 0) + 1);
    if (alert.about === 'scan' && alert.action !== 'port-scan-detected') this.#members += alert.members.count;
  }

  *counts(): Generator<{ action: string; severity: number; count: number }> {
    for (const [action, counts] of this.#counts) {
      for (const [severity, count] of counts) yield { action, severity, count };
    }
  }

  /** Rows alerted as members of groups, each time that a group was. */
  get members(): number {
    return this.#members;
  }
}
