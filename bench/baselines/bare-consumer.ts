import { readFileSync } from 'node:fs';
import { deserialize } from 'node:v8';
import kafkajs from 'kafkajs';

/**
 * What kafkajs itself takes to read events and write rows: reads the events of its share undecoded, and writes rows that
 * were made beforehand, as many at a time as the product wrote at that point. Says "joined" when it is given partitions.
 */
const [brokers = '', prefix = '', file = ''] = process.argv.slice(2);

/** By partition: its number of events, and what was written to the report in one request each. */
const plan: Map<number, { events: number; writes: { key: Buffer; value: Buffer }[][] }> = deserialize(
  readFileSync(file),
);
const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING });
const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
const consumer = kafka.consumer({ groupId: `${prefix}.consumer`, maxWaitTimeInMs: 500 });
const read = new Map<number, number>();

consumer.on(consumer.events.GROUP_JOIN, () => process.stdout.write('joined\n'));
await Promise.all([producer.connect(), consumer.connect()]);
await consumer.subscribe({ topic: `${prefix}.events`, fromBeginning: true });
await consumer.run({
  eachBatch: async ({ batch: { partition, messages } }) => {
    const { events = 0, writes = [] } = plan.get(partition) ?? {};
    const done = (read.get(partition) ?? 0) + messages.length;
    read.set(partition, done);
    const due = Math.ceil((writes.length * done) / events);
    const total = plan.get(partition)?.writes.length ?? 0;
    for (const rows of writes.splice(0, writes.length - total + due))
      await producer.send({
        topic: `${prefix}.report`,
        acks: -1,
        messages: rows.map((row) => ({ ...row, partition, timestamp: String(Date.now()) })),
      });
  },
});
