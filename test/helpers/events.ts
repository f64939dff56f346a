import { AvroCodec } from '../../src/common/avro.ts';
import type { PortScanEvent } from '../../src/common/event.ts';
import { readToEnd } from '../../src/common/kafka/reader.ts';
import { kafkaClient } from './topics.ts';

/** All events that are in the topic now, partition by partition. */
export async function readEvents(brokers: string, prefix: string): Promise<PortScanEvent[]> {
  const codec = new AvroCodec<PortScanEvent>('port-scan-event');
  const events: PortScanEvent[] = [];
  await readToEnd(kafkaClient(brokers), `${prefix}.events`, async (_, records) => {
    for (const { value } of records) if (value !== null) events.push(await codec.decode(value));
  });
  return events;
}
