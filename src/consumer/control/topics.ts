import { AvroCodec } from '../../common/avro.ts';
import type {
  ControlCommand,
  ControlResult,
  IgnorePrefix,
  SensorConfig,
  SensorStatus,
} from '../../common/control/records.ts';
import { topicName } from '../../common/kafka/topics.ts';
import type { SchemaRegistry } from '../../common/registry.ts';
import type { KafkaSettings } from '../../common/settings/fragments.ts';

/** The topics of the control plane by their full names, and how their values are read and written. */
export interface ControlTopics {
  control: { topic: string; command: AvroCodec<ControlCommand> };
  results: { topic: string; result: AvroCodec<ControlResult> };
  config: { topic: string; config: AvroCodec<SensorConfig>; prefix: AvroCodec<IgnorePrefix> };
  sensors: { topic: string; status: AvroCodec<SensorStatus> };
}

export function controlTopics(
  settings: Pick<KafkaSettings, 'topics'>,
  registry: SchemaRegistry | null,
): ControlTopics {
  return {
    control: {
      topic: topicName(settings, 'control'),
      command: new AvroCodec('control-command', registry),
    },
    results: {
      topic: topicName(settings, 'control-results'),
      result: new AvroCodec('control-result', registry),
    },
    config: {
      topic: topicName(settings, 'config'),
      config: new AvroCodec('sensor-config', registry),
      prefix: new AvroCodec('ignore-prefix', registry),
    },
    sensors: { topic: topicName(settings, 'sensors'), status: new AvroCodec('sensor-status', registry) },
  };
}

/** Registers the schemas of what the consumer writes. The prefixes have a subject of their own. */
export async function registerSchemas({ results, config }: ControlTopics): Promise<void> {
  await results.result.register(results.topic);
  await config.config.register(config.topic);
  await config.prefix.register(`${config.topic}-ignore`);
}
