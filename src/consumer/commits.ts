import type { EachBatchPayload } from 'kafkajs';
import type { Logger } from '../common/logger.ts';
import { within } from '../common/within.ts';

/** Offsets wait so long for others that are committed with them; ms. */
const pause = 100;
/** What a commit may take of the time that a goodbye has; ms. */
const lastDeadline = 1_000;

type Batch = Pick<EachBatchPayload, 'isRunning' | 'uncommittedOffsets' | 'commitOffsetsIfNecessary'>;

/**
 * Commits what batches have resolved beside the reading: kafkajs itself commits after each batch, and fetches nothing until
 * that is answered. Whoever makes it closes it.
 */
export class Commits {
  readonly #logger: Logger;
  #last: Batch | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** To be awaited at the end of a batch: while the consumer stops, it is the last moment before the group is left. */
  async after(batch: Batch): Promise<void> {
    this.#last = batch;
    if (batch.isRunning()) this.#timer ??= setTimeout(() => void this.#commit(), pause);
    else await this.#commit();
  }

  /** Commits what still waits; resolves also when that cannot be done in time. */
  async close(): Promise<void> {
    if (this.#timer === undefined) return;
    await within(this.#commit(), { from: 'Kafka to a commit', ms: lastDeadline }).catch(() => undefined);
  }

  /** What cannot be committed is read again by the partition's next owner; heartbeats tell what is wrong. */
  async #commit(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      await this.#last?.commitOffsetsIfNecessary(this.#last.uncommittedOffsets());
    } catch (error) {
      this.#logger.debug({ err: error }, 'committing offsets');
    }
  }
}
