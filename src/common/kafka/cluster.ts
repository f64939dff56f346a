import { createRequire } from 'node:module';
import kafkajs, { type Kafka } from 'kafkajs';
import { TickerError } from '../errors.ts';
import { within } from '../within.ts';
import { sayGoodbye } from './goodbye.ts';

/**
 * kafkajs has no public call that reads a topic without a consumer group, and a group's first join costs 3 s.
 * This file is the only one that uses its cluster object; the interfaces below are what is used of it.
 */
interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  findTopicPartitionMetadata(topic: string): { partitionId: number }[];
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>;
  findBroker(node: { nodeId: string }): Promise<Broker>;
  fetchTopicsOffset(
    topics: {
      topic: string;
      partitions: { partition: number }[];
      fromBeginning?: boolean;
      fromTimestamp?: number;
    }[],
  ): Promise<{ partitions: { partition: number; offset: string }[] }[]>;
}

interface Broker {
  fetch(request: {
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    isolationLevel: number;
    topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
  }): Promise<{ responses: { partitions: PartitionData[] }[] }>;
}

interface PartitionData {
  partition: number;
  lastStableOffset: string;
  messages: Message[];
}

interface Message {
  offset: string;
  timestamp: string;
  key: Buffer | null;
  value: Buffer | null;
  headers: RecordHeaders;
  batchContext: { firstOffset: string; lastOffsetDelta: number };
}

/** Leaves out control records, those of aborted transactions, and those before the offset that was asked for. */
type Batch = new (topic: string, fetchOffset: string, data: PartitionData) => { messages: Message[] };

const require = createRequire(import.meta.url);
const FetchedBatch: Batch = require('kafkajs/src/consumer/batch');

const readCommitted = 1;
/** ms. */
const usualWait = 1_000;
/** What an answer may take, and a connection with all that kafkajs tries for one; ms. It has deadlines itself that are shorter. */
const answerDeadline = 30_000;
const openDeadline = 60_000;
const maxBytesPerPartition = 262_144;

/** A list where a name occurs more than once. */
export type RecordHeaders = Readonly<Record<string, Buffer | Buffer[] | undefined>>;

export interface TopicRecord {
  offset: bigint;
  /** ms since 1970. */
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: RecordHeaders;
}

export interface Waiting {
  /** How long the broker may hold back its answer while there is nothing new, ms; a second if it is not said. */
  wait?: number | undefined;
  /** So much has to be new before it answers sooner; a byte if it is not said. */
  leastBytes?: number | undefined;
  signal?: AbortSignal;
}

export interface Fetched {
  partition: number;
  records: TopicRecord[];
  /** The offset to go on from. */
  next: bigint;
}

/**
 * A connection for reading the committed records of one topic, without a consumer group. What is not answered in time
 * throws SILENT: then the connection is of no more use.
 */
export class TopicCluster {
  readonly topic: string;
  readonly #cluster: Cluster;

  private constructor(cluster: Cluster, topic: string) {
    this.#cluster = cluster;
    this.topic = topic;
  }

  /** Throws TOPIC_MISSING when the topic does not exist, else kafkajs' errors, as all methods do. */
  static async open(kafka: Kafka, topic: string): Promise<TopicCluster> {
    const cluster = createCluster(kafka);
    try {
      const connected = cluster.connect().then(() => cluster.addTargetTopic(topic));
      await within(connected, { from: `Kafka to a connection for ${topic}`, ms: openDeadline });
      return new TopicCluster(cluster, topic);
    } catch (error) {
      await sayGoodbye(cluster);
      if (error instanceof kafkajs.KafkaJSProtocolError && error.type === 'UNKNOWN_TOPIC_OR_PARTITION') {
        throw new TickerError(`the topic ${topic} does not exist`, {
          code: 'TOPIC_MISSING',
          remedy: 'start port-ticker-consumer, which creates it',
          retriable: true,
        });
      }
      throw error;
    }
  }

  get partitions(): number[] {
    return this.#cluster.findTopicPartitionMetadata(this.topic).map(({ partitionId }) => partitionId);
  }

  /** The partitions in groups of one leader each. */
  partitionsByLeader(): number[][] {
    return Object.values(this.#cluster.findLeaderForPartitions(this.topic, this.partitions));
  }

  /** Where each partition begins, or where what is committed ends. */
  async offsets(which: 'begin' | 'end'): Promise<Map<number, bigint>> {
    return this.#offsets({ fromBeginning: which === 'begin' });
  }

  /** Where each partition's first record is that has this timestamp (ms since 1970) or a later one; without one, its end. */
  async offsetsSince(timestamp: number): Promise<Map<number, bigint>> {
    const [found, ends] = await Promise.all([
      this.#offsets({ fromTimestamp: timestamp }),
      this.offsets('end'),
    ]);
    return new Map(
      Array.from(ends, ([partition, end]) => [partition, sinceOrEnd(found.get(partition), end)]),
    );
  }

  /** Asks for new leaders and partitions. */
  async refresh(): Promise<void> {
    await this.#answer('a question for leaders', this.#cluster.refreshMetadata());
  }

  /**
   * What follows the positions, in partitions of one leader. Until it is answered nothing else is, also when the signal
   * is aborted, with whose reason it then rejects.
   */
  async fetch(positions: ReadonlyMap<number, bigint>, waiting: Waiting = {}): Promise<Fetched[]> {
    const answers = await this.#ask(positions, waiting);
    return Promise.all(
      answers.map(async (data) => {
        const position = positions.get(data.partition) ?? 0n;
        if (!isStalled(data, position)) return this.#fetched(data, position);
        const [alone = data] = await this.#ask(new Map([[data.partition, position]]), waiting);
        return this.#fetched(alone, position);
      }),
    );
  }

  async close(): Promise<void> {
    await sayGoodbye(this.#cluster);
  }

  async #answer<T>(question: string, answer: Promise<T>, signal?: AbortSignal): Promise<T> {
    return within(answer, { from: `Kafka to ${question} of ${this.topic}`, ms: answerDeadline, signal });
  }

  async #offsets(from: { fromBeginning: boolean } | { fromTimestamp: number }): Promise<Map<number, bigint>> {
    const partitions = this.partitions.map((partition) => ({ partition }));
    const answers = await this.#answer(
      'a question for offsets',
      this.#cluster.fetchTopicsOffset([{ topic: this.topic, partitions, ...from }]),
    );
    return new Map(
      answers.flatMap((answer) =>
        answer.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]),
      ),
    );
  }

  async #ask(
    positions: ReadonlyMap<number, bigint>,
    { wait = usualWait, leastBytes = 1, signal }: Waiting,
  ): Promise<PartitionData[]> {
    const [leader] = Object.keys(this.#cluster.findLeaderForPartitions(this.topic, [...positions.keys()]));
    if (leader === undefined) return [];
    const broker = await this.#answer('a connection', this.#cluster.findBroker({ nodeId: leader }));
    signal?.throwIfAborted();
    const fetched = broker.fetch({
      maxWaitTime: wait,
      minBytes: leastBytes,
      maxBytes: maxBytesPerPartition * positions.size,
      isolationLevel: readCommitted,
      topics: [
        {
          topic: this.topic,
          partitions: Array.from(positions, ([partition, position]) => ({
            partition,
            fetchOffset: position.toString(),
            maxBytes: maxBytesPerPartition,
          })),
        },
      ],
    });
    const { responses } = await this.#answer('a fetch', fetched, signal);
    return responses.flatMap(({ partitions }) => partitions);
  }

  #fetched(data: PartitionData, position: bigint): Fetched {
    const batch = new FetchedBatch(this.topic, position.toString(), data);
    const records = batch.messages.map(({ offset, timestamp, key, value, headers }) => ({
      offset: BigInt(offset),
      timestamp: Number(timestamp),
      key,
      value,
      headers,
    }));
    return { partition: data.partition, records, next: nextOffset(data, position) };
  }
}

/**
 * An answer without records although there are some: either the other partitions took all the room in it, or
 * compaction has emptied the batches at this position. Asking for the partition alone leaves only the latter.
 */
function isStalled({ messages, lastStableOffset }: PartitionData, position: bigint): boolean {
  return messages.length === 0 && position < BigInt(lastStableOffset);
}

/** Kafka answers -1 where nothing is so late. */
function sinceOrEnd(found: bigint | undefined, end: bigint): bigint {
  return found === undefined || found < 0n ? end : found;
}

/** Behind the last batch, also where compaction has removed records from its end. */
function nextOffset(data: PartitionData, position: bigint): bigint {
  const last = data.messages.at(-1);
  if (last === undefined) return isStalled(data, position) ? BigInt(data.lastStableOffset) : position;
  const { firstOffset, lastOffsetDelta } = last.batchContext;
  return BigInt(firstOffset) + BigInt(lastOffsetDelta) + 1n;
}

function createCluster(kafka: Kafka): Cluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  const create: unknown = symbol === undefined ? undefined : Reflect.get(kafka, symbol);
  if (typeof create !== 'function')
    throw new Error('this version of kafkajs has no private:Kafka:createCluster');
  return create({ allowAutoTopicCreation: false, isolationLevel: readCommitted, metadataMaxAge: 300_000 });
}
