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

/** The state as all committed transactions have left it. */
export async function loadState({ kafka, topics, guard, logger }: Options): Promise<ControlState> {
  const state = new ControlState();
  const { config, results } = topics;

  const takeConfig = async (record: TopicRecord) => {
    if (record.value === null) return;
    guard.trust(record);
    const isPrefix = record.key?.includes('/ignore/') === true;
    if (isPrefix) state.keepPrefix(await config.prefix.decode(record.value));
    else state.keepConfig(await config.config.decode(record.value));
  };
  const takeResult = async ({ value }: TopicRecord) => {
    if (value === null) return;
    const { commandId, sensor, status } = await results.result.decode(value);
    if (sensor === null) state.keepAnswer(commandId, status);
  };

  await readAll(kafka, config.topic, takeConfig, logger);
  await readAll(kafka, results.topic, takeResult, logger);
  return state;
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
        problems.push(error);
      }
    }
  });
  const [first] = problems;
  if (first !== undefined) {
    logger.warn(`${problems.length} records of ${topic} are left out, the first: ${describe(first)}`);
  }
}
