import { TickerError } from '../common/errors.ts';
import {
  type KafkaSettings,
  kafkaSchema,
  type LogSettings,
  logSchema,
} from '../common/settings/fragments.ts';
import { loadSettings } from '../common/settings/load.ts';
import type { Schema } from '../common/settings/schema.ts';
import type { Options } from './options.ts';

export interface CtlSettings extends KafkaSettings, LogSettings {
  sensor: { id: string | null };
  /** Seconds. */
  timeout: number;
}

const schema: Schema<CtlSettings> = {
  ...kafkaSchema,
  ...logSchema,
  sensor: {
    id: {
      doc: 'Whose report to list',
      format: 'sensorId',
      default: null,
      nullable: true,
      env: 'PORT_TICKER_SENSOR_ID',
    },
  },
  timeout: {
    doc: 'How long to wait for an answer',
    format: 'seconds',
    min: 1,
    max: 86_400,
    default: 10,
    arg: 'timeout',
  },
};

/** The settings of Kafka that the services have, and what the options change in them. Throws SETTINGS. */
export function loadCtlSettings({ brokers, topicPrefix, config, timeout }: Options): CtlSettings {
  const argv = [`--timeout=${timeout}`];
  if (brokers !== undefined) argv.push(`--kafka-brokers=${brokers}`);
  if (topicPrefix !== undefined) argv.push(`--topic-prefix=${topicPrefix}`);
  if (config !== undefined) argv.push(`--config=${config}`);
  const loaded = loadSettings({ name: 'ticker_ctl', description: '' }, schema, { argv });
  if ('answer' in loaded) throw new TickerError('--help is not a value', { code: 'USAGE', remedy: '' });
  for (const warning of loaded.warnings) process.stderr.write(`${warning}\n`);
  return loaded.settings;
}
