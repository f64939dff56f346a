import kafkajs, {
  type Admin,
  type Kafka,
  type Message,
  type Producer,
  type ProducerConfig,
  type Transaction,
} from 'kafkajs';
import type { Broker } from './broker.ts';
import { createCluster } from './cluster.ts';
import { GroupConsumer } from './consumer.ts';

/** What a process of this name sees of Kafka through kafkajs: as much of it as the product uses. */
export function kafkaOf(broker: Broker, process: string): Kafka {
  const kafka: Pick<Kafka, 'producer' | 'consumer' | 'admin'> = {
    producer: (config = {}) => producerOf(broker, process, config),
    consumer: ({ groupId }) => new GroupConsumer(broker, groupId).asConsumer(),
    admin: () => adminOf(broker),
  };
  // Where src/common/kafka/cluster.ts looks for it.
  Reflect.set(kafka, Symbol('private:Kafka:createCluster'), () => createCluster(broker));
  return kafka as Kafka;
}

function producerOf(broker: Broker, process: string, { transactionalId }: ProducerConfig): Producer {
  const { network } = broker;
  const send: Producer['send'] = async ({ topic, messages }) => {
    const append = () => broker.append(topic, messages, process);
    const stored = await network.request(append, { canRepeat: true });
    return stored.length === 0 ? [] : [metadata(topic, stored[0]?.offset ?? 0)];
  };
  let epoch: number | undefined;
  let isInTransaction = false;
  const producer: Pick<Producer, 'connect' | 'disconnect' | 'send' | 'sendBatch' | 'transaction'> = {
    connect: async () => network.request(() => undefined),
    disconnect: async () => network.request(() => undefined),
    send,
    sendBatch: async ({ topicMessages = [] }) => {
      // To each topic's leader a request of its own, at the same time.
      await Promise.all(
        topicMessages.map(({ topic, messages }) =>
          network.request(() => broker.append(topic, messages, process), { canRepeat: true }),
        ),
      );
      return [];
    },
    transaction: async () => {
      if (transactionalId === undefined) throw new Error('the producer has no transactional id');
      if (isInTransaction) throw new kafkajs.KafkaJSNonRetriableError('There is an ongoing transaction');
      epoch ??= await network.request(() => broker.transactions.takeOver(transactionalId));
      isInTransaction = true;
      const onEnd = () => {
        isInTransaction = false;
      };
      return transactionOf(broker, process, { id: transactionalId, epoch, onEnd });
    },
  };
  return producer as Producer;
}

/** `onEnd`: only when it has ended well is there another one of its producer. */
function transactionOf(
  broker: Broker,
  process: string,
  { id, epoch, onEnd }: { id: string; epoch: number; onEnd: () => void },
): Transaction {
  const { network, transactions } = broker;
  const append = (topic: string, messages: readonly Message[]) => {
    for (const [log, records] of broker.byPartition(topic, messages)) {
      transactions.append(id, epoch, log, records, process);
    }
  };
  const transaction: Pick<Transaction, 'send' | 'sendOffsets' | 'commit' | 'abort'> = {
    send: async ({ topic, messages }) => {
      await network.request(() => append(topic, messages));
      return [];
    },
    sendOffsets: async ({ consumerGroupId, topics }) => {
      for (const { topic, partitions } of topics) {
        const group = broker.group(consumerGroupId, topic);
        const offsets = new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)]));
        await network.request(() => transactions.addOffsets(id, epoch, group, offsets));
      }
    },
    commit: async () => network.request(() => transactions.end(id, epoch, true)).then(onEnd),
    abort: async () => network.request(() => transactions.end(id, epoch, false)).then(onEnd),
  };
  return transaction as Transaction;
}

function adminOf(broker: Broker): Admin {
  const { network } = broker;
  const admin: Pick<
    Admin,
    'connect' | 'disconnect' | 'fetchTopicOffsets' | 'fetchOffsets' | 'fetchTopicMetadata'
  > = {
    connect: async () => network.request(() => undefined),
    disconnect: async () => undefined,
    fetchTopicOffsets: async (topic) =>
      network.request(() =>
        broker.partitions(topic).map(({ end }, partition) => ({
          ...{ partition, offset: String(end), low: '0', high: String(end) },
        })),
      ),
    fetchOffsets: async ({ groupId, topics = [] }) =>
      network.request(() =>
        topics.map((topic) => ({ topic, partitions: committed(broker, groupId, topic) })),
      ),
    fetchTopicMetadata: async ({ topics } = { topics: [] }) =>
      network.request(() => ({
        topics: topics.map((name) => ({
          name,
          partitions: broker.partitions(name).map((_, partitionId) => ({
            ...{ partitionErrorCode: 0, partitionId, leader: 1, replicas: [1], isr: [1] },
          })),
        })),
      })),
  };
  return admin as Admin;
}

function committed(broker: Broker, groupId: string, topic: string) {
  const group = broker.group(groupId, topic);
  return broker.partitions(topic).map((_, partition) => ({
    ...{ partition, offset: String(group.offset(partition) ?? -1), metadata: null },
  }));
}

function metadata(topicName: string, offset: number) {
  return { topicName, partition: 0, errorCode: 0, baseOffset: String(offset) };
}
