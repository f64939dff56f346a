import type { Message } from 'kafkajs';
import type { Chance } from '../chance.ts';
import type { Clock } from '../clock.ts';
import { GroupCoordinator } from './group.ts';
import { PartitionLog, type Stored, type Written } from './log.ts';
import type { Network } from './network.ts';
import { TransactionCoordinator } from './transactions.ts';

export interface TopicShape {
  name: string;
  partitions: number;
  isCompacted: boolean;
  /** LogAppendTime: the broker's clock, not the writer's. */
  isStampedByBroker: boolean;
}

/** Records that one fetch brings of a partition. */
const mostFetched = 100;

/** A broker with all its topics; what is in it survives whoever writes and reads. */
export class Broker {
  readonly clock: Clock;
  readonly network: Network;
  readonly transactions: TransactionCoordinator;
  readonly #chance: Chance;
  readonly #topics = new Map<string, { shape: TopicShape; partitions: PartitionLog[] }>();
  readonly #groups = new Map<string, GroupCoordinator>();

  constructor(clock: Clock, chance: Chance, network: Network, shapes: readonly TopicShape[]) {
    this.clock = clock;
    this.network = network;
    this.#chance = chance;
    this.transactions = new TransactionCoordinator(clock);
    for (const shape of shapes) {
      const partitions = Array.from({ length: shape.partitions }, () => new PartitionLog(shape.isCompacted));
      this.#topics.set(shape.name, { shape, partitions });
    }
  }

  partitions(topic: string): readonly PartitionLog[] {
    return this.#topic(topic).partitions;
  }

  log(topic: string, partition: number): PartitionLog {
    const log = this.partitions(topic)[partition];
    if (log === undefined) throw new Error(`${topic} has no partition ${partition}`);
    return log;
  }

  /** The group's coordinator; `topic` is what the group reads. */
  group(id: string, topic: string): GroupCoordinator {
    const found = this.#groups.get(id);
    if (found !== undefined) return found;
    const group = new GroupCoordinator(this.clock, this.#chance, this.partitions(topic).length);
    this.#groups.set(id, group);
    return group;
  }

  /** Appends what a producer sends, each message to its partition or to that of its key. */
  append(topic: string, messages: readonly Message[], writer: string): Stored[] {
    const stored = this.byPartition(topic, messages).map(([log, records]) => log.append(records, writer));
    return stored.flat();
  }

  /** Messages as their partitions keep them. */
  byPartition(topic: string, messages: readonly Message[]): [PartitionLog, Written[]][] {
    const { shape, partitions } = this.#topic(topic);
    const grouped = Map.groupBy(messages, ({ partition, key }) =>
      this.log(topic, partition ?? hash(String(key)) % partitions.length),
    );
    const written = ({ key, value, headers, timestamp }: Message): Written => ({
      key: bytes(key ?? null),
      value: bytes(value),
      headers: headers ?? {},
      timestamp:
        shape.isStampedByBroker || timestamp === undefined ? Math.floor(this.clock.now) : Number(timestamp),
    });
    return Array.from(grouped, ([log, each]) => [log, each.map(written)]);
  }

  /** What is there from these positions on; waits for something, but no longer than `maxWait` ms. */
  async fetch(
    topic: string,
    positions: ReadonlyMap<number, number>,
    maxWait: number,
  ): Promise<Map<number, Stored[]>> {
    const logs = Array.from(positions, ([partition, from]) => ({ log: this.log(topic, partition), from }));
    if (!logs.some(({ log, from }) => from < log.stableEnd)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = this.clock.after(maxWait, resolve, null);
      const calledOff = logs.map(({ log, from }) => log.await(from, resolve));
      await promise;
      timer.cancel();
      for (const callOff of calledOff) callOff();
    }
    return new Map(
      Array.from(positions, ([partition, from]) => [
        partition,
        this.log(topic, partition).read(from, mostFetched),
      ]),
    );
  }

  goDown(): void {
    this.network.isDown = true;
  }

  comeBack(): void {
    this.network.isDown = false;
    for (const group of this.#groups.values()) group.forgive();
  }

  compact(): void {
    for (const { partitions } of this.#topics.values()) for (const log of partitions) log.compact();
  }

  #topic(name: string): { shape: TopicShape; partitions: PartitionLog[] } {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw new Error(`there is no topic ${name}`);
    return topic;
  }
}

function bytes(value: Buffer | string | null): Buffer | null {
  return typeof value === 'string' ? Buffer.from(value) : value;
}

function hash(text: string): number {
  let sum = 0;
  for (const letter of text) sum = (Math.imul(sum, 31) + letter.charCodeAt(0)) >>> 0;
  return sum;
}
