import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import type { Signer } from '../../common/control/signature.ts';
import type { Logger } from '../../common/logger.ts';
import type { DeadLetters, Poison } from '../dead-letters.ts';
import { Changes } from './changes.ts';
import type { SignatureGuard } from './guard.ts';
import { type ControlRecord, type Court, judge, type Verdict } from './judge.ts';
import { loadState } from './load.ts';
import type { KnownSensors } from './sensors.ts';
import { signAgain } from './sign-again.ts';
import { startOffset } from './start-offset.ts';
import type { ControlState } from './state.ts';
import type { Tally } from './tally.ts';
import type { ControlTopics } from './topics.ts';

/** Of one transaction: fewer than a configuration record keeps, so that a reader misses none. */
const recordsPerTransaction = 100;
/** A transaction that its process has left open holds up all readers for this long at most; ms. */
const transactionTimeout = 15_000;

export interface FolderOptions {
  /** With short pauses: a broker finishes a transaction some milliseconds after it has said so. */
  kafka: Kafka;
  groupId: string;
  /** The same at every instance: whoever takes it over fences the one before. */
  transactionalId: string;
  topics: ControlTopics;
  sensors: KnownSensors;
  guard: SignatureGuard;
  signer: Signer | null;
  tally: Tally;
  deadLetters: Pick<DeadLetters, 'setAside'>;
  logger: Logger;
}

/**
 * Folds control records into the configuration. Each transaction holds what some records change, their answers and
 * the offset behind them: all of it or nothing. Of use until something fails: then another one is to be opened.
 */
export class Folder {
  readonly #options: FolderOptions;
  readonly #producer: Producer;
  readonly #state: ControlState;
  #position: number;
  #last: Promise<void> = Promise.resolve();

  /** Takes over from whoever has folded before. */
  static async open(options: FolderOptions): Promise<Folder> {
    const producer = options.kafka.producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      transactionalId: options.transactionalId,
      transactionTimeout,
      idempotent: true,
      maxInFlightRequests: 1,
    });
    try {
      await producer.connect();
      // The order matters: once the predecessor is fenced and its last transaction ended, what is read stays true.
      await fencePredecessor(producer);
      const loaded = await loadState(options);
      const position = await startOffset(options, loaded.state);
      await signAgain(producer, loaded, options);
      await options.sensors.current();
      return new Folder(options, producer, loaded.state, position);
    } catch (error) {
      await producer.disconnect();
      throw error;
    }
  }

  private constructor(options: FolderOptions, producer: Producer, state: ControlState, position: number) {
    this.#options = options;
    this.#producer = producer;
    this.#state = state;
    this.#position = position;
  }

  /**
   * Folds records in the order of their offsets; those that have been folded before are left out. Offsets behind
   * records that nobody is answered about are left to `commit`. One call follows the other, for kafkajs hands a batch out
   * again when a heartbeat has failed meanwhile; when one fails, so do all that follow.
   */
  async fold(records: readonly ControlRecord[], commit: (offset: number) => Promise<void>): Promise<void> {
    this.#last = this.#last.then(() => this.#foldFresh(records, commit));
    await this.#last;
  }

  async close(): Promise<void> {
    await this.#producer.disconnect();
  }

  async #foldFresh(
    records: readonly ControlRecord[],
    commit: (offset: number) => Promise<void>,
  ): Promise<void> {
    const fresh = records.filter(({ offset }) => offset >= this.#position);
    for (let from = 0; from < fresh.length; from += recordsPerTransaction) {
      await this.#foldPart(fresh.slice(from, from + recordsPerTransaction), commit);
    }
  }

  async #foldPart(
    records: readonly ControlRecord[],
    commit: (offset: number) => Promise<void>,
  ): Promise<void> {
    const next = (records.at(-1)?.offset ?? -1) + 1;
    const changes = new Changes();
    const verdicts: Verdict[] = [];
    const poison: Poison[] = [];
    for (const record of records) {
      const verdict = await judge(record, this.#court());
      this.#keep(verdict);
      changes.add(verdict);
      verdicts.push(verdict);
      if (verdict.isPoison) poison.push(this.#poison(record, verdict));
    }
    await this.#options.deadLetters.setAside(poison);
    if (changes.isEmpty) await commit(next);
    else await this.#write(changes, next);
    this.#position = next;
    for (const verdict of verdicts) this.#options.tally.add(verdict);
  }

  #poison({ offset, value, original }: ControlRecord, { problem = '' }: Verdict): Poison {
    const { key, headers = {} } = original;
    const { topic } = this.#options.topics.control;
    return { key, value, headers, topic, partition: 0, offset: String(offset), reason: problem };
  }

  #court(): Court {
    const { topics, sensors, guard } = this.#options;
    return {
      codec: topics.control.command,
      state: this.#state,
      sensors,
      authorise: (record, command) => guard.authorise(record, command),
      now: Date.now(),
    };
  }

  #keep({ result, folded }: Verdict): void {
    if (folded !== undefined) this.#state.keep(folded);
    if (result !== undefined) this.#state.keepAnswer(result.commandId, result.status);
  }

  async #write(changes: Changes, next: number): Promise<void> {
    const { topics, groupId, signer } = this.#options;
    const transaction = await this.#producer.transaction();
    // Records before offsets: kafkajs waits for the end of the last transaction only with records.
    for (const request of changes.requests(topics, signer)) await transaction.send({ ...request, acks: -1 });
    const partitions = [{ partition: 0, offset: String(next) }];
    await transaction.sendOffsets({
      consumerGroupId: groupId,
      topics: [{ topic: topics.control.topic, partitions }],
    });
    await transaction.commit();
  }
}

/** kafkajs asks for its epoch with the first transaction, and the broker ends the predecessor's before it answers. */
async function fencePredecessor(producer: Producer): Promise<void> {
  const transaction = await producer.transaction();
  await transaction.abort();
}
