import type { Kafka } from 'kafkajs';
import { AvroCodec } from '../common/avro.ts';
import { describe } from '../common/errors.ts';
import { createKafka } from '../common/kafka/client.ts';
import type { TopicRecord } from '../common/kafka/cluster.ts';
import { kafkaProblem } from '../common/kafka/problem.ts';
import { readToEnd } from '../common/kafka/reader.ts';
import { type TopicName, topicName } from '../common/kafka/topics.ts';
import { createLogger, type Logger } from '../common/logger.ts';
import { SchemaRegistry } from '../common/registry.ts';
import { note } from './output.ts';
import type { CtlSettings } from './settings.ts';

/** A client of the topics. */
export interface Session {
  settings: CtlSettings;
  kafka: Kafka;
  registry: SchemaRegistry | null;
  logger: Logger;
}

/** The newest value of a key, and its record's timestamp, ms since 1970. */
export interface Latest<T> {
  value: T;
  timestamp: number;
}

export function openSession(settings: CtlSettings): Session {
  const logger = createLogger({ level: settings.log.level, name: 'ticker_ctl', fd: 2 });
  return {
    settings,
    logger,
    kafka: createKafka(settings, logger, 'ticker_ctl', { retries: 2 }),
    registry: SchemaRegistry.from(settings),
  };
}

/** What a compacted topic says now, by key. Records that cannot be read are told and left out. Throws KAFKA_…, TOPIC_MISSING. */
export async function readLatest<T>(
  { settings, kafka, registry }: Session,
  topic: TopicName,
  schema: string,
): Promise<Map<string, Latest<T>>> {
  const name = topicName(settings, topic);
  const table = new LatestTable<T>(new AvroCodec<T>(schema, registry));
  try {
    await readToEnd(kafka, name, (_, records) => table.take(records));
  } catch (error) {
    throw kafkaProblem(error, settings.kafka.brokers, { topic: name });
  }
  if (table.problems > 0)
    note(`${table.problems} records could not be read, the first: ${table.firstProblem}`);
  return table.byKey;
}

/** The newest value of each key of a compacted topic; null values remove. */
export class LatestTable<T> {
  readonly byKey = new Map<string, Latest<T>>();
  readonly #codec: AvroCodec<T>;
  problems = 0;
  firstProblem = '';

  constructor(codec: AvroCodec<T>) {
    this.#codec = codec;
  }

  async take(records: readonly TopicRecord[]): Promise<void> {
    for (const record of records) {
      try {
        await this.#takeOne(record);
      } catch (error) {
        if (this.problems === 0) this.firstProblem = describe(error);
        this.problems += 1;
      }
    }
  }

  async #takeOne({ key, value, timestamp }: TopicRecord): Promise<void> {
    if (key === null) return;
    if (value === null) this.byKey.delete(key.toString());
    else this.byKey.set(key.toString(), { value: await this.#codec.decode(value), timestamp });
  }
}
