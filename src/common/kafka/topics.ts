import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { TickerError } from '../errors.ts';
import type { KafkaSettings } from '../settings/fragments.ts';
import { withAdmin } from './admin.ts';
import { kafkaProblem } from './problem.ts';

interface Topic {
  cleanup: 'delete' | 'compact';
  timestamps: 'CreateTime' | 'LogAppendTime';
  /** null: as configured. Those of `events` and `report` must agree: a row goes to the number of its events. */
  partitions: number | null;
}

/** All topics, by what follows the prefix in their name. */
export const topics = {
  events: { cleanup: 'delete', timestamps: 'CreateTime', partitions: null },
  report: { cleanup: 'compact', timestamps: 'CreateTime', partitions: null },
  control: { cleanup: 'delete', timestamps: 'LogAppendTime', partitions: 1 },
  'control-results': { cleanup: 'delete', timestamps: 'CreateTime', partitions: 1 },
  config: { cleanup: 'compact', timestamps: 'CreateTime', partitions: 1 },
  sensors: { cleanup: 'compact', timestamps: 'CreateTime', partitions: 1 },
  alerts: { cleanup: 'delete', timestamps: 'CreateTime', partitions: 1 },
  'dead-letter': { cleanup: 'delete', timestamps: 'CreateTime', partitions: 1 },
} as const satisfies Readonly<Record<string, Topic>>;

export type TopicName = keyof typeof topics;

type Settings = Pick<KafkaSettings, 'topics' | 'kafka'>;

/** The full name: "port-ticker.events". */
export function topicName(settings: Pick<KafkaSettings, 'topics'>, name: TopicName): string {
  return `${settings.topics.prefix}.${name}`;
}

/** ensureTopics with a connection of its own; throws as withAdmin does, too. */
export async function prepareTopics(
  kafka: Kafka,
  settings: Settings,
  names: readonly TopicName[],
): Promise<void> {
  await withAdmin({ kafka, brokers: settings.kafka.brokers }, (admin) =>
    ensureTopics(admin, settings, names),
  );
}

/**
 * Creates the topics that are missing. Throws TOPIC_MISMATCH when an existing one has the wrong kind of clean-up,
 * timestamps or number of partitions, and KAFKA_… when Kafka cannot be asked.
 */
export async function ensureTopics(
  admin: Admin,
  settings: Settings,
  names: readonly TopicName[],
): Promise<void> {
  try {
    const missing = await missingTopics(admin, settings, names);
    if (missing.length > 0) await create(admin, settings, missing);
    await checkAll(admin, settings, names);
  } catch (error) {
    const topic = names.map((name) => topicName(settings, name)).join(', ');
    throw kafkaProblem(error, settings.kafka.brokers, { topic });
  }
}

/** How many partitions a topic has. Throws as withAdmin does. */
export async function countPartitions(
  kafka: Kafka,
  topic: string,
  brokers: readonly string[],
): Promise<number> {
  return withAdmin({ kafka, brokers, subject: { topic } }, async (admin) => {
    const { topics: found } = await admin.fetchTopicMetadata({ topics: [topic] });
    return found[0]?.partitions.length ?? 0;
  });
}

async function create(admin: Admin, settings: Settings, names: readonly TopicName[]): Promise<void> {
  const wanted = names.map((name) => ({
    topic: topicName(settings, name),
    numPartitions: topics[name].partitions ?? settings.topics.partitions,
    replicationFactor: settings.topics.replication,
    configEntries: Object.entries({
      ...configuration(name),
      ...(topics[name].cleanup === 'compact' ? readFromBeginning : {}),
      ...(name === 'dead-letter' ? roomForReasons : {}),
    }).map(([key, value]) => ({ name: key, value })),
  }));
  try {
    await admin.createTopics({ waitForLeaders: true, topics: wanted });
  } catch (error) {
    const all = wanted.map(({ topic }) => topic).join(', ');
    const cause = kafkaProblem(error, settings.kafka.brokers, { topic: all });
    if (cause.code !== 'KAFKA') throw cause;
    throw new TickerError(`cannot create ${all}`, {
      code: 'TOPIC_REFUSED',
      remedy: 'check PORT_TICKER_TOPIC_REPLICATION against the number of brokers',
      retriable: true,
      cause,
    });
  }
}

/**
 * For topics whose readers begin at the beginning: segments that are full and compacted soon, instead of after a
 * gigabyte. Only for new topics: whoever has made one may have had reasons.
 */
const readFromBeginning = { 'segment.bytes': '4194304', 'min.cleanable.dirty.ratio': '0.1' };

/** A record or a batch as large as Kafka takes by default, 1 MB, and the reason why it is there. */
const roomForReasons = { 'max.message.bytes': '2097152' };

function configuration(name: TopicName): Readonly<Record<string, string>> {
  return { 'cleanup.policy': topics[name].cleanup, 'message.timestamp.type': topics[name].timestamps };
}

/** Those of these topics that do not exist, or that whoever asks may not see. */
export async function missingTopics(
  admin: Admin,
  settings: Settings,
  names: readonly TopicName[],
): Promise<TopicName[]> {
  const existing = new Set(await admin.listTopics());
  return names.filter((name) => !existing.has(topicName(settings, name)));
}

/** What is wrong with the numbers of partitions of existing topics: a TOPIC_MISMATCH each. */
export async function partitionProblems(
  admin: Admin,
  settings: Settings,
  names: readonly TopicName[],
): Promise<TickerError[]> {
  const metadata = await admin.fetchTopicMetadata({ topics: names.map((name) => topicName(settings, name)) });
  const counts = new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.length]));
  const equal = names
    .filter((name) => topics[name].partitions === null)
    .map((name) => ({ name: topicName(settings, name), count: counts.get(topicName(settings, name)) ?? 0 }));
  const largest = equal.toSorted((a, b) => b.count - a.count)[0];
  if (largest === undefined) return [];
  return equal
    .filter(({ count }) => count !== largest.count)
    .map(
      ({ name, count }) =>
        new TickerError(
          `the topic ${name} has ${count} partitions, but ${largest.name} has ${largest.count}`,
          {
            code: 'TOPIC_MISMATCH',
            remedy: `give both the same: kafka-topics --alter --topic ${name} --partitions ${largest.count}`,
          },
        ),
    );
}

/** What is wrong with the configuration of existing topics: a TOPIC_MISMATCH each. */
export async function configurationProblems(
  admin: Admin,
  settings: Settings,
  names: readonly TopicName[],
): Promise<TickerError[]> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name: topicName(settings, name),
    })),
  });
  return names.flatMap((name) => {
    const topic = topicName(settings, name);
    const found = resources.find((resource) => resource.resourceName === topic)?.configEntries ?? [];
    return Object.entries(configuration(name)).flatMap(([key, wanted]) => {
      const value = found.find((entry) => entry.configName === key)?.configValue;
      if (value === undefined || value === wanted) return [];
      return new TickerError(`the topic ${topic} has ${key}=${value}, it must be ${wanted}`, {
        code: 'TOPIC_MISMATCH',
        remedy: `kafka-configs --alter --entity-type topics --entity-name ${topic} --add-config ${key}=${wanted}`,
      });
    });
  });
}

/** The configuration is not checked for whoever may not read it. */
async function checkAll(admin: Admin, settings: Settings, names: readonly TopicName[]): Promise<void> {
  const partitions = await partitionProblems(admin, settings, names);
  const configuration = await configurationProblems(admin, settings, names).catch((error: unknown) => {
    if (kafkaProblem(error, settings.kafka.brokers).code === 'KAFKA_ACCESS') return [];
    throw error;
  });
  const [first] = [...partitions, ...configuration];
  if (first !== undefined) throw first;
}
