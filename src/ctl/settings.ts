import { hostname } from 'node:os';
import { allSensors } from '../common/control/records.ts';
import { TickerError } from '../common/errors.ts';
import {
  type KafkaSettings,
  kafkaSchema,
  type LogSettings,
  logSchema,
  type PlaceSettings,
  placeSchema,
} from '../common/settings/fragments.ts';
import { loadSettings } from '../common/settings/load.ts';
import type { Schema } from '../common/settings/schema.ts';
import { type Options, usage } from './options.ts';

export interface CtlSettings extends KafkaSettings, LogSettings {
  sensor: PlaceSettings & { id: string | null };
  /** Seconds. */
  timeout: number;
  /** Seconds; null: never. */
  expires: number | null;
}

const schema: Schema<CtlSettings> = {
  ...kafkaSchema,
  ...logSchema,
  sensor: {
    id: {
      doc: 'Which sensor',
      format: 'sensorId',
      default: null,
      nullable: true,
      env: 'PORT_TICKER_SENSOR_ID',
    },
    ...placeSchema,
  },
  timeout: {
    doc: 'How long to wait for answers',
    format: 'seconds',
    min: 1,
    max: 86_400,
    default: 10,
    arg: 'timeout',
  },
  expires: {
    doc: 'Not to be carried out later than this from now',
    format: 'seconds',
    min: 1,
    max: 31_536_000,
    default: null,
    nullable: true,
    arg: 'expires',
  },
};

/** The settings of Kafka that the services have, and what the options change in them. Throws SETTINGS. */
export function loadCtlSettings(options: Options): CtlSettings {
  const { brokers, topicPrefix, netns, config, timeout, expires } = options;
  const given = { 'kafka-brokers': brokers, 'topic-prefix': topicPrefix, netns, config, timeout, expires };
  const argv = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${value}`],
  );
  const loaded = loadSettings({ name: 'ticker_ctl', description: '' }, schema, { argv });
  if ('answer' in loaded) throw new TickerError('--help is not a value', { code: 'USAGE', remedy: '' });
  for (const warning of loaded.warnings) process.stderr.write(`${warning}\n`);
  return loaded.settings;
}

/** The sensor that is meant: a sensor id, or * for all. Throws USAGE. */
export function sensorOf({ sensor }: Options, settings: CtlSettings): string {
  const name = sensor ?? settings.sensor.id ?? hostname();
  if (name !== allSensors && !/^[A-Za-z0-9._-]{1,64}$/.test(name))
    throw usage(`--sensor: must match [A-Za-z0-9._-]{1,64}, or be '*': "${name}"`);
  return name;
}
