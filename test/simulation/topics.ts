import { AvroCodec } from '../../src/common/avro.ts';
import type { ReportEntry } from '../../src/common/event.ts';
import { type TopicName, topicName, topics } from '../../src/common/kafka/topics.ts';
import { controlTopics } from '../../src/consumer/control/topics.ts';
import { createChannels } from '../../src/producer/channels.ts';
import { kafkaSettings } from '../helpers/topics.ts';
import type { TopicShape } from './broker/broker.ts';

export const brokers = ['broker:9092'];
/** As programs have them by default, but for the number of partitions. */
const settings = kafkaSettings('broker:9092', 'sim', '--topic-partitions', '3');
/** Codecs take long to make: all simulations share them. */
export const channels = createChannels(settings);
export const control = controlTopics(settings, null);
export const rows = {
  topic: nameOf('report'),
  codec: new AvroCodec<ReportEntry>('report-entry'),
};

export function nameOf(name: TopicName): string {
  return topicName(settings, name);
}

/** All topics as the product makes them. */
export const shapes: readonly TopicShape[] = Object.entries(topics).map(([name, topic]) => ({
  name: `${settings.topics.prefix}.${name}`,
  partitions: topic.partitions ?? settings.topics.partitions,
  isCompacted: topic.cleanup === 'compact',
  isStampedByBroker: topic.timestamps === 'LogAppendTime',
}));
