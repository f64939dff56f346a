import { AnswerWatch } from './oracle/answers.ts';
import { checkCommands } from './oracle/commands.ts';
import { checkDelivery } from './oracle/delivery.ts';
import { OffsetWatch } from './oracle/offsets.ts';
import type { Problem } from './oracle/problem.ts';
import { checkReport } from './oracle/report.ts';
import type { World } from './world.ts';

/** Holds what came of a simulation against what is true. */
export class Oracle {
  readonly #world: World;
  readonly #offsets: OffsetWatch;
  readonly #answers: AnswerWatch;

  constructor(world: World) {
    this.#world = world;
    this.#offsets = new OffsetWatch(world.broker);
    this.#answers = new AnswerWatch(world.broker);
  }

  /** What must never be, as far as it has been. */
  get violations(): Problem[] {
    const crashes = this.#world.crashes.map((what): Problem => ({ kind: 'crash', what }));
    return [...crashes, ...this.#offsets.problems, ...this.#answers.problems];
  }

  /** What is not yet as it must be in the end. */
  async shortcomings(): Promise<Problem[]> {
    return [
      ...(await checkDelivery(this.#world)),
      ...(await checkReport(this.#world)),
      ...(await checkCommands(this.#world)),
    ];
  }
}
