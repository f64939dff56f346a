import { AvroCodec } from '../common/avro.ts';
import type { ControlResult } from '../common/control/records.ts';
import { TopicCluster, type TopicRecord } from '../common/kafka/cluster.ts';
import { kafkaProblem } from '../common/kafka/problem.ts';
import { topicName } from '../common/kafka/topics.ts';
import type { Session } from './session.ts';

/** Follows what is answered to anybody's commands, from the moment it was opened. */
export class Results {
  readonly #cluster: TopicCluster;
  readonly #codec: AvroCodec<ControlResult>;
  #positions: ReadonlyMap<number, bigint>;

  private constructor(
    cluster: TopicCluster,
    codec: AvroCodec<ControlResult>,
    positions: ReadonlyMap<number, bigint>,
  ) {
    this.#cluster = cluster;
    this.#codec = codec;
    this.#positions = positions;
  }

  /** Throws TOPIC_MISSING and KAFKA_…. */
  static async open({ settings, kafka, registry }: Session): Promise<Results> {
    const topic = topicName(settings, 'control-results');
    try {
      const cluster = await TopicCluster.open(kafka, topic);
      return new Results(cluster, new AvroCodec('control-result', registry), await cluster.offsets('end'));
    } catch (error) {
      throw kafkaProblem(error, settings.kafka.brokers, { topic });
    }
  }

  /** What has come since; waits a moment when there is nothing. Throws kafkajs' errors. Precondition: the topic has one partition. */
  async next(): Promise<ControlResult[]> {
    const fetched = await this.#cluster.fetch(this.#positions);
    this.#positions = new Map([
      ...this.#positions,
      ...fetched.map(({ partition, next }) => [partition, next] as const),
    ]);
    const decoded = await Promise.all(
      fetched.flatMap(({ records }) => records.map((record) => this.#decode(record))),
    );
    return decoded.flat();
  }

  /** None when it cannot be read: it is not the answer that is waited for, or that one will be missed in time. */
  async #decode({ value }: TopicRecord): Promise<ControlResult[]> {
    if (value === null) return [];
    try {
      return [await this.#codec.decode(value)];
    } catch {
      return [];
    }
  }
}
