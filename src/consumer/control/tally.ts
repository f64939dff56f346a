import { type Logger, warnOfFirst } from '../../common/logger.ts';
import type { Verdict } from './judge.ts';

export type Outcome = 'accepted' | 'rejected' | 'expired' | 'duplicate' | 'unreadable';

/** Counts what has become of the records of the control topic; of what went wrong, the first of each kind is logged. */
export class Tally {
  readonly #logger: Logger;
  readonly #counts: Record<Outcome, number> = {
    accepted: 0,
    rejected: 0,
    expired: 0,
    duplicate: 0,
    unreadable: 0,
  };

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get counts(): Readonly<Record<Outcome, number>> {
    return this.#counts;
  }

  add({ offset, result, folded, problem }: Verdict): void {
    const outcome = outcomeOf(result?.status);
    this.#counts[outcome] += 1;
    if (folded !== undefined) {
      const { sensor, commands } = folded.config;
      this.#logger.info(`${commands.at(-1)?.command} for ${sensor} accepted as version ${offset}`);
      return;
    }
    const line = `${outcome} control record at offset ${offset}: ${problem}`;
    warnOfFirst(this.#logger, this.#counts[outcome] === 1, line);
  }
}

function outcomeOf(status: string | undefined): Outcome {
  switch (status) {
    case undefined:
      return 'unreadable';
    case 'ACCEPTED':
      return 'accepted';
    case 'EXPIRED':
      return 'expired';
    case 'DUPLICATE':
      return 'duplicate';
    default:
      return 'rejected';
  }
}
