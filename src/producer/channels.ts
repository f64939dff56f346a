import { AvroCodec } from '../common/avro.ts';
import type { ControlResult, IgnorePrefix, SensorConfig, SensorStatus } from '../common/control/records.ts';
import type { PortScanEvent } from '../common/event.ts';
import { type TopicName, topicName } from '../common/kafka/topics.ts';
import { SchemaRegistry } from '../common/registry.ts';
import type { KafkaSettings } from '../common/settings/fragments.ts';

/** A topic and how its values are written. */
export interface Channel<T> {
  topic: string;
  codec: AvroCodec<T>;
}

export interface Channels {
  events: Channel<PortScanEvent>;
  results: Channel<ControlResult>;
  sensors: Channel<SensorStatus>;
  config: { topic: string; configs: AvroCodec<SensorConfig>; prefixes: AvroCodec<IgnorePrefix> };
}

/** The topics of a sensor: it reads only `config`. */
export function createChannels(settings: KafkaSettings): Channels {
  const registry = SchemaRegistry.from(settings);
  const channel = <T>(name: TopicName, schema: string): Channel<T> => ({
    topic: topicName(settings, name),
    codec: new AvroCodec<T>(schema, registry),
  });
  return {
    events: channel('events', 'port-scan-event'),
    results: channel('control-results', 'control-result'),
    sensors: channel('sensors', 'sensor-status'),
    config: {
      topic: topicName(settings, 'config'),
      configs: new AvroCodec('sensor-config', registry),
      prefixes: new AvroCodec('ignore-prefix', registry),
    },
  };
}

/** Registers the schemas, when there is a registry. */
export async function registerSchemas({ events, results, sensors }: Channels): Promise<void> {
  for (const { topic, codec } of [events, results, sensors]) await codec.register(topic);
}
