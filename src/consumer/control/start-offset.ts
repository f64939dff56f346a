import type { Kafka } from 'kafkajs';
import { TickerError } from '../../common/errors.ts';
import type { ControlState } from './state.ts';
import type { ControlTopics } from './topics.ts';

interface Options {
  kafka: Kafka;
  groupId: string;
  topics: ControlTopics;
}

/**
 * Where to go on: behind what is folded, else at the beginning. Throws TOPIC_MISMATCH when the control topic is shorter
 * than what has been folded of it.
 */
export async function startOffset({ kafka, groupId, topics }: Options, state: ControlState): Promise<number> {
  const { topic } = topics.control;
  const admin = kafka.admin();
  try {
    await admin.connect();
    const [ends] = await admin.fetchTopicOffsets(topic);
    const end = Number(ends?.high ?? 0);
    if (state.newestVersion >= end) throw madeAnew(topics, end, state.newestVersion);
    const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
    const offset = Number(committed?.partitions[0]?.offset ?? -1);
    return offset >= 0 && offset <= end ? offset : 0;
  } finally {
    await admin.disconnect();
  }
}

/** Its offsets would be older than what is set already, and sensors would take no command any more. */
function madeAnew({ control, config }: ControlTopics, end: number, newest: number): TickerError {
  return new TickerError(
    `${control.topic} ends at offset ${end}, but ${config.topic} has version ${newest}: the topic was made anew`,
    {
      code: 'TOPIC_MISMATCH',
      remedy: `delete ${config.topic}, too, restart this program, and send the commands again`,
      retriable: true,
    },
  );
}
