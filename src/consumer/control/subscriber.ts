import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import { signatureHeader } from '../../common/control/signature.ts';
import { kafkaProblem } from '../../common/kafka/problem.ts';
import { within } from '../../common/within.ts';
import { GroupMember, type GroupOptions, type Membership, whileBeating } from '../group.ts';
import { Folder, type FolderOptions } from './folder.ts';
import type { ControlRecord } from './judge.ts';

/** What it may take to read the configuration and all ids that have been answered; ms. */
const openDeadline = 120_000;

type Options = Omit<FolderOptions, 'kafka'> &
  Pick<GroupOptions, 'brokers'> & {
    /** For reading. */
    kafka: GroupOptions['kafka'];
    /** For transactions, see Folder. */
    foldingKafka: FolderOptions['kafka'];
  };

/** Folds the control topic while this instance owns its only partition. */
export class ControlSubscriber {
  readonly #options: Options;
  readonly #group: GroupMember;
  #folder: Promise<Folder> | undefined;
  #term: Folder | undefined;

  constructor(options: Options) {
    const { kafka, brokers, groupId, logger } = options;
    this.#options = options;
    this.#group = new GroupMember({
      kafka,
      brokers,
      groupId,
      topic: options.topics.control.topic,
      logger,
      autoCommit: false,
      onAssigned: (partitions) => this.#claim(partitions),
      onRevoked: () => this.#release(),
      onBatch: (payload) => this.#take(payload),
    });
  }

  start(): void {
    this.#group.start();
  }

  /** What stands for the time in which this instance, and no other, folds commands; another one each time. */
  get term(): object | undefined {
    return this.#term;
  }

  /** How this instance fares in the group. */
  get group(): Membership {
    return this.#group;
  }

  async close(): Promise<void> {
    await this.#group.close();
  }

  #claim(partitions: readonly number[]): void {
    if (partitions.length === 0) return;
    const folder = Folder.open({ ...this.#options, kafka: this.#options.foldingKafka });
    this.#folder = folder;
    within(folder, { from: 'Kafka to the opening of a folder', ms: openDeadline }).then(
      (opened) => {
        if (this.#folder === folder) this.#term = opened;
      },
      (error: unknown) => this.#giveUp(folder, error),
    );
  }

  #release(): void {
    const folder = this.#folder;
    this.#folder = undefined;
    this.#term = undefined;
    folder?.then((each) => each.close()).catch(() => undefined); // it is given up in any case
  }

  /** Not for a folder that has been replaced meanwhile. */
  #giveUp(folder: Promise<Folder>, error: unknown): void {
    if (this.#folder !== folder) return;
    const { brokers, groupId, transactionalId, topics } = this.#options;
    const topic = `${topics.config.topic} or ${topics.results.topic}`;
    this.#group.rejoin(kafkaProblem(error, brokers, { topic, group: groupId, transactionalId }));
  }

  async #take({
    batch,
    resolveOffset,
    heartbeat,
    commitOffsetsIfNecessary,
  }: EachBatchPayload): Promise<void> {
    const folder = this.#folder;
    if (folder === undefined) return; // given away meanwhile: its new owner gets the batch
    const { topic, partition } = batch;
    const commit = (offset: number) =>
      commitOffsetsIfNecessary({
        topics: [{ topic, partitions: [{ partition, offset: String(offset) }] }],
      });
    const folded = folder.then((each) => each.fold(batch.messages.map(recordOf), commit));
    folded.catch((error: unknown) => this.#giveUp(folder, error));
    await whileBeating(folded, heartbeat);
    resolveOffset(batch.lastOffset());
  }
}

function recordOf({ offset, timestamp, key, value, headers = {} }: KafkaMessage): ControlRecord {
  const signature = headers[signatureHeader];
  return {
    offset: Number(offset),
    appendedAt: Number(timestamp),
    key: key?.toString() ?? '',
    value,
    signature: Array.isArray(signature) ? undefined : signature?.toString(),
    original: { key, headers },
  };
}
