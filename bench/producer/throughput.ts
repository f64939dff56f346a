import type { Message } from 'kafkajs';
import { AvroCodec } from '../../src/common/avro.ts';
import type { PortScanEvent } from '../../src/common/event.ts';
import { createLogger } from '../../src/common/logger.ts';
import { Pipeline } from '../../src/producer/pipeline.ts';
import { Publisher } from '../../src/producer/publisher.ts';
import type { Cleanup } from '../../test/helpers/cleanup.ts';
import { startKafka } from '../../test/helpers/kafka.ts';
import { kafkaClient } from '../../test/helpers/topics.ts';
import type { Result } from '../result.ts';
import { ratio, spread } from '../spread.ts';
import { filledSensor, withCleanup } from './filled-sensor.ts';
import { Rdkafka } from './rdkafka.ts';

const rounds = 7;
const batch = 250;
const topic = 'events';
/** Make about 20 000 events a round. */
const sources = 20_000;
/** Above all counts, so that the sweep adds nothing to what is in the ring. */
const quiet = 2 ** 31;

/** Events a second, in thousands, one figure a round. */
interface Rates {
  whole: number[];
  bare: number[];
  /** librdkafka, in the same batches one after the other, and in its own. */
  rdkafka: number[];
  rdkafkaAtOnce: number[];
}

/** From the ring to the brokers' acknowledgement, beside kafkajs and librdkafka alone. */
export async function producerThroughput(): Promise<Result> {
  const rates = await withCleanup(measure);
  const row = (client: string, figures: readonly number[]) => {
    const { min, median, max } = spread(figures);
    const cell = `${min.toFixed(1)} / **${median.toFixed(1)}** / ${max.toFixed(1)}`;
    return [client, cell, figures === rates.whole ? '1' : ratio(rates.whole, figures)];
  };
  return {
    title: 'From the ring to Kafka',
    about: `Thousands of events a second from a full ring to the acknowledgement of all of them (acks=-1, one request at a time, batches of
${batch}), beside clients that send the same keys and values to the same partitions of the same broker and do nothing else: kafkajs in the
same batches; librdkafka, called by Python, in the same batches, of which it makes a request for each partition; and librdkafka with all
that there is at once, in batches and in flight as its own settings have it. Minimum / **median** / maximum of ${rounds} rounds in turns, and
port-ticker's rate as a multiple of each. Broker and client are on this machine. Left out: other brokers, compression, TLS.`,
    table: [
      ['', 'thousand events a second', 'port-ticker beside it'],
      row('port-ticker', rates.whole),
      row('kafkajs', rates.bare),
      row('librdkafka, in the same batches', rates.rdkafka),
      row('librdkafka, all at once', rates.rdkafkaAtOnce),
    ],
    raw: rates,
  };
}

async function measure(t: Cleanup): Promise<Rates> {
  const kafka = await startKafka();
  t.after(() => kafka.close());
  const client = kafkaClient(kafka.brokers);
  const admin = client.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 6 }] });
  await admin.disconnect();
  const bare = client.producer({ allowAutoTopicCreation: false, maxInFlightRequests: 1 });
  await bare.connect();
  t.after(() => bare.disconnect());
  const rdkafka = new Rdkafka(t, kafka.brokers, topic);

  const { sensor, reader, pour } = await filledSensor(t);
  const ring = sensor.openRing();
  const logger = createLogger({ level: 'warn', name: 'bench' });
  const publisher = new Publisher({ connect: () => client, brokers: [kafka.brokers], logger });
  t.after(() => publisher.close());
  const codec = new AvroCodec<PortScanEvent>('port-scan-event');
  const sent: Message[][] = [];
  const remembering = {
    publish: (...[parts, signal]: Parameters<Publisher['publish']>) => {
      sent.push(...parts.map(({ messages }) => messages));
      return publisher.publish(parts, signal);
    },
  };
  const pipeline = new Pipeline({
    ...{ sensor, ring, reader, codec, publisher: remembering, topic, threshold: () => quiet },
  });

  const rates: Rates = { whole: [], bare: [], rdkafka: [], rdkafkaAtOnce: [] };
  for (let round = -1; round < rounds; round += 1) {
    sent.length = 0;
    sensor.forgetAll();
    pour(sources);
    const whole = await rateOf(() => pipeline.drain(new AbortController().signal));
    const alone = await rateOf(async () => {
      for (const messages of sent) await bare.sendBatch({ acks: -1, topicMessages: [{ topic, messages }] });
    });
    const [oneByOne, atOnce] = await rdkafka.send(sent);
    if (round < 0) continue; // connections and compilers are warm now
    rates.whole.push(whole);
    rates.bare.push(alone);
    rates.rdkafka.push(countOf(sent) / oneByOne);
    rates.rdkafkaAtOnce.push(countOf(sent) / atOnce);
  }
  return rates;

  async function rateOf(action: () => Promise<void>): Promise<number> {
    const since = performance.now();
    await action();
    return countOf(sent) / (performance.now() - since);
  }
}

function countOf(batches: readonly Message[][]): number {
  return batches.reduce((sum, messages) => sum + messages.length, 0);
}
