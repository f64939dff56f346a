import type { Kafka } from 'kafkajs';
import { describe, TickerError } from '../../common/errors.ts';
import type { TopicRecord } from '../../common/kafka/cluster.ts';
import { readToEnd } from '../../common/kafka/reader.ts';
import type { Logger } from '../../common/logger.ts';
import type { SignatureGuard } from './guard.ts';
import { ControlState } from './state.ts';
import type { ControlTopics } from './topics.ts';

interface Options {
  kafka: Kafka;
  topics: ControlTopics;
  guard: SignatureGuard;
  logger: Logger;
}

export interface Loaded {
  state: ControlState;
  /** Keys of the config topic whose newest record is not signed by a consumer; none when signatures are off. */
  unsigned: ReadonlySet<string>;
}

/** The state as all committed transactions have left it. */
export async function loadState({ kafka, topics, guard, logger }: Options): Promise<Loaded> {
  const state = new ControlState();
  const unsigned = new Set<string>();
  const { config, results } = topics;

  const takeConfig = async (record: TopicRecord) => {
    const key = record.key?.toString() ?? '';
    unsigned.add(key);
    if (record.value === null || guard.trust(record)) unsigned.delete(key);
    if (record.value === null) return;
    if (key.includes('/ignore/')) state.keepPrefix(await config.prefix.decode(record.value));
    else state.keepConfig(await config.config.decode(record.value));
  };
  const takeResult = async ({ value }: TopicRecord) => {
    if (value === null) return;
    const { commandId, sensor, status } = await results.result.decode(value);
    if (sensor === null) state.keepAnswer(commandId, status);
  };

  await readAll(kafka, config.topic, takeConfig, logger);
  if (unsigned.size > 0) {
    logger.warn(`of ${unsigned.size} keys of ${config.topic} the newest record is not signed by a consumer`);
  }
  await readAll(kafka, results.topic, takeResult, logger);
  return { state, unsigned };
}

/** What cannot be read is left out, and the first of it told. */
async function readAll(
  kafka: Kafka,
  topic: string,
  take: (record: TopicRecord) => Promise<void>,
  logger: Logger,
): Promise<void> {
  const problems: TickerError[] = [];
  await readToEnd(kafka, topic, async (_, records) => {
    for (const record of records) {
      try {
        await take(record);
      } catch (error) {
        if (!(error instanceof TickerError) || error.retriable) throw error;
        if (error.code !== 'SIGNATURE') problems.push(error); // a signed one may have followed
      }
    }
  });
  const [first] = problems;
  if (first !== undefined) {
    logger.warn(`${problems.length} records of ${topic} are left out, the first: ${describe(first)}`);
  }
}
