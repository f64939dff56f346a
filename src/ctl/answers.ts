import type { ControlResult, ControlStatus, Explanation } from '../common/control/records.ts';
import type { Request } from './requests.ts';

/** How a request ended at one sensor, or, with null, that the consumer has refused it. */
export interface Outcome {
  sensor: string | null;
  status: ControlStatus;
  reason: string | null;
  configVersion: number | null;
  explanation: Explanation | null;
}

/**
 * What has been answered to one request. A request of several commands has ended at a sensor when each command that
 * was accepted has; the first that it did not apply says how.
 */
export class Answers {
  readonly request: Request;
  readonly outcomes: Outcome[] = [];
  readonly #expected: readonly string[];
  readonly #accepted = new Set<string>();
  readonly #refused = new Set<string>();
  /** By sensor, then by command. */
  readonly #answers = new Map<string, Map<string, ControlResult>>();

  constructor(request: Request, expected: readonly string[]) {
    this.request = request;
    this.#expected = expected;
  }

  /** Takes a result of any command, and returns what has ended with it. */
  take(result: ControlResult): Outcome[] {
    const { commandId, sensor } = result;
    if (!this.request.commands.some(({ id }) => id === commandId)) return [];
    const before = this.outcomes.length;
    if (sensor === null) this.#judge(result);
    else {
      const answers = this.#answers.get(sensor) ?? new Map<string, ControlResult>();
      this.#answers.set(sensor, answers.set(commandId, result));
    }
    for (const [id, answers] of this.#answers) this.#conclude(id, answers);
    return this.outcomes.slice(before);
  }

  /** True when every command has been accepted or refused. */
  get isJudged(): boolean {
    return this.#accepted.size + this.#refused.size === this.request.commands.length;
  }

  get isAccepted(): boolean {
    return this.#accepted.size > 0;
  }

  /** True when nothing more is to come from the sensors that were expected to answer. */
  get isComplete(): boolean {
    return this.isJudged && this.missing.length === 0;
  }

  /** The sensors whose answer is outstanding. */
  get missing(): string[] {
    if (this.isJudged && !this.isAccepted) return [];
    return this.#expected.filter((id) => !this.#hasEnded(id));
  }

  get hasFailed(): boolean {
    return this.outcomes.some(({ status }) => status !== 'APPLIED');
  }

  /** DUPLICATE says nothing new: it answers a record that the client has sent twice. */
  #judge(result: ControlResult): void {
    const { commandId, status } = result;
    if (status === 'ACCEPTED') this.#accepted.add(commandId);
    if (status !== 'REJECTED' && status !== 'EXPIRED') return;
    if (this.#refused.has(commandId)) return;
    this.#refused.add(commandId);
    this.outcomes.push(outcomeOf(result, null));
  }

  #conclude(sensor: string, answers: ReadonlyMap<string, ControlResult>): void {
    const isAnswered = Array.from(this.#accepted).every((id) => answers.has(id));
    if (!this.isJudged || !this.isAccepted || !isAnswered || this.#hasEnded(sensor)) return;
    const results = [...answers.values()];
    const last = results.find(({ status }) => status !== 'APPLIED') ?? results.at(-1);
    if (last !== undefined) this.outcomes.push(outcomeOf(last, sensor));
  }

  #hasEnded(sensor: string): boolean {
    return this.outcomes.some((outcome) => outcome.sensor === sensor);
  }
}

function outcomeOf(
  { status, reason, configVersion, explanation }: ControlResult,
  sensor: string | null,
): Outcome {
  return { sensor, status, reason, configVersion, explanation };
}
