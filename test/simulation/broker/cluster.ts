import type { Broker } from './broker.ts';
import type { Stored } from './log.ts';

/** What src/common/kafka/cluster.ts asks kafkajs' cluster object for. */
interface FetchRequest {
  maxWaitTime: number;
  topics: { topic: string; partitions: { partition: number; fetchOffset: string }[] }[];
}
interface OffsetsRequest {
  topic: string;
  partitions: { partition: number }[];
  fromBeginning?: boolean;
  fromTimestamp?: number;
}

/** A connection that reads topics without a group. One broker leads all partitions. */
export function createCluster(broker: Broker): object {
  const { network } = broker;
  return {
    connect: async () => network.request(() => undefined),
    disconnect: async () => undefined,
    addTargetTopic: async () => network.request(() => undefined),
    refreshMetadata: async () => network.request(() => undefined),
    findTopicPartitionMetadata: (topic: string) =>
      broker.partitions(topic).map((_, partitionId) => ({ partitionId })),
    findLeaderForPartitions: (_: string, partitions: number[]) => ({ '1': partitions }),
    findBroker: async () => ({ fetch: (request: FetchRequest) => fetch(broker, request) }),
    fetchTopicsOffset: async (requests: OffsetsRequest[]) =>
      network.request(() => requests.map((request) => offsets(broker, request))),
  };
}

async function fetch(broker: Broker, { maxWaitTime, topics }: FetchRequest): Promise<object> {
  return broker.network.request(async () => {
    const responses = [];
    for (const { topic, partitions } of topics) {
      const positions = new Map(
        partitions.map(({ partition, fetchOffset }) => [partition, Number(fetchOffset)]),
      );
      const found = await broker.fetch(topic, positions, maxWaitTime);
      responses.push({
        partitions: Array.from(found, ([partition, records]) => ({
          partition,
          lastStableOffset: String(broker.log(topic, partition).stableEnd),
          highWatermark: String(broker.log(topic, partition).end),
          abortedTransactions: [],
          messages: records.map(messageOf),
        })),
      });
    }
    return { responses };
  });
}

function offsets(broker: Broker, { topic, fromBeginning, fromTimestamp }: OffsetsRequest): object {
  const partitions = broker.partitions(topic).map((log, partition) => {
    const since = log.records.find(({ timestamp }) => timestamp >= (fromTimestamp ?? 0))?.offset ?? -1;
    const ends = fromBeginning === true ? 0 : log.stableEnd;
    return { partition, offset: String(fromTimestamp === undefined ? ends : since) };
  });
  return { topic, partitions };
}

/** As kafkajs decodes it. What is hidden looks like the mark of a transaction. */
export function messageOf({ offset, timestamp, key, value, headers, batch, state }: Stored) {
  return {
    ...{ offset: String(offset), timestamp: String(timestamp), key, value, headers, batchContext: batch },
    ...{ isControlRecord: state === 'hidden', magicByte: 2, attributes: 0 },
  };
}
