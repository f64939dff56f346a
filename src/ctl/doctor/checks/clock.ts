import kafkajs, { type Kafka } from 'kafkajs';
import { silentAfter } from '../../../common/control/liveness.ts';
import { TickerError } from '../../../common/errors.ts';
import { kafkaProblem } from '../../../common/kafka/problem.ts';
import { topicName } from '../../../common/kafka/topics.ts';
import { type Examine, type Finding, fail, type Group, ok, warn } from '../finding.ts';

export const group: Group = 'kafka';
export const doc = "this machine's clock agrees with the broker's";

/** More than this is worth a word; ms. At `silentAfter` living sensors are taken for silent ones. */
const noticeable = 2_000;
const remedy = 'let NTP set the clocks of this machine and of the brokers';

export const examine: Examine = async ({ cluster, settings }): Promise<Finding> => {
  const topic = topicName(settings, 'control');
  const transactionalId = `${settings.topics.prefix}.doctor`;
  const ahead = await cluster.with((kafka) =>
    aheadOfBroker(kafka, topic, transactionalId).catch((error: unknown) => {
      throw kafkaProblem(error, settings.kafka.brokers, { topic, transactionalId });
    }),
  );
  const size = Math.abs(ahead);
  if (size < noticeable) return ok("agrees with the broker's");
  const found = `this clock is ${(size / 1000).toFixed(1)} s ${ahead > 0 ? 'ahead of' : 'behind'} the broker's`;
  return size < silentAfter ? warn(found, remedy) : fail(found, remedy);
};

/**
 * How far this clock is ahead of the broker's, ms; 0 as far as the time of the request hides it. The broker stamps a record
 * in a transaction that is taken back: nobody who reads what is committed ever sees it. Throws kafkajs' errors, NOT_STAMPED.
 */
async function aheadOfBroker(kafka: Kafka, topic: string, transactionalId: string): Promise<number> {
  const producer = kafka.producer({
    ...{ transactionalId, idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false },
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  try {
    const transaction = await producer.transaction();
    try {
      const before = Date.now();
      const [sent] = await transaction.send({ topic, acks: -1, messages: [{ partition: 0, value: null }] });
      const after = Date.now();
      const stamp = Number(sent?.logAppendTime ?? -1);
      if (stamp < 0) throw notStamped(topic);
      return stamp < before ? before - stamp : Math.min(0, after - stamp);
    } finally {
      await transaction.abort();
    }
  } finally {
    await producer.disconnect();
  }
}

function notStamped(topic: string): TickerError {
  return new TickerError(`the broker does not stamp the records of ${topic}`, {
    code: 'NOT_STAMPED',
    remedy: 'see what the check cleanup-policies says',
  });
}
