import { type TopicName, topics } from '../../common/kafka/topics.ts';

export const topicNames = Object.keys(topics) as TopicName[];
