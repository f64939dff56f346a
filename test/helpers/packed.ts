import zlib from 'node:zlib';
import kafkajs from 'kafkajs';
import { kafkaClient } from './topics.ts';

/** Writes a record to the partition 0 that is compressed with gzip, which this project itself never does. */
export async function sendPacked(brokers: string, topic: string, value: Buffer): Promise<void> {
  const producer = kafkaClient(brokers).producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  const { GZIP } = kafkajs.CompressionTypes;
  const readOnly = kafkajs.CompressionCodecs[GZIP];
  kafkajs.CompressionCodecs[GZIP] = () => ({
    ...readOnly(),
    compress: async ({ buffer }: { buffer: Buffer }) => zlib.gzipSync(buffer),
  });
  try {
    await producer.connect();
    await producer.send({ topic, compression: GZIP, messages: [{ value, partition: 0 }] });
  } finally {
    kafkajs.CompressionCodecs[GZIP] = readOnly;
    await producer.disconnect();
  }
}
