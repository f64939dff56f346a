import { AvroCodec } from '../common/avro.ts';
import type { ControlResult, SensorStatus } from '../common/control/records.ts';
import type { PortScanEvent } from '../common/event.ts';
import { type TopicName, topicName } from '../common/kafka/topics.ts';
import { SchemaRegistry } from '../common/registry.ts';
import type { ProducerSettings } from './settings.ts';

/** A topic and how its values are written. */
export interface Channel<T> {
  topic: string;
  codec: AvroCodec<T>;
}

export interface Channels {
  registry: SchemaRegistry | null;
  events: Channel<PortScanEvent>;
  results: Channel<ControlResult>;
  sensors: Channel<SensorStatus>;
}

/** The topics that a sensor writes. */
export function createChannels(settings: ProducerSettings): Channels {
  const registry = SchemaRegistry.from(settings);
  const channel = <T>(name: TopicName, schema: string): Channel<T> => ({
    topic: topicName(settings, name),
    codec: new AvroCodec<T>(schema, registry),
  });
  return {
    registry,
    events: channel('events', 'port-scan-event'),
    results: channel('control-results', 'control-result'),
    sensors: channel('sensors', 'sensor-status'),
  };
}

/** Registers the schemas, when there is a registry. */
export async function registerSchemas({ events, results, sensors }: Channels): Promise<void> {
  for (const { topic, codec } of [events, results, sensors]) await codec.register(topic);
}
