import {
  type HttpSettings,
  httpSchema,
  type KafkaSettings,
  kafkaSchema,
  type LogSettings,
  logSchema,
  type SignatureSettings,
  signatureSchema,
} from '../common/settings/fragments.ts';
import type { Program } from '../common/settings/help.ts';
import type { Schema } from '../common/settings/schema.ts';

export const consumerProgram: Program = {
  name: 'port-ticker-consumer',
  description: 'Keeps the report of all sensors in Kafka and serves it over HTTP.',
};

export interface ConsumerSettings extends KafkaSettings, LogSettings {
  report: { /** Seconds without a change after which a row is removed. */ expiry: number };
  alerts: AlertSettings;
  signatures: SignatureSettings & { signingKeyFile: string | null };
  http: HttpSettings;
}

export interface AlertSettings {
  format: 'ecs' | 'ocsf';
  /** One of the severities, as text. */
  minSeverity: string;
  /** Prefixes. */
  knownScanners: string[];
}

export const consumerSchema: Schema<ConsumerSettings> = {
  ...kafkaSchema,
  report: {
    expiry: {
      doc: 'Seconds without a change after which a source leaves the report',
      format: 'seconds',
      min: 1,
      default: 7 * 24 * 3600,
      env: 'PORT_TICKER_REPORT_EXPIRY',
    },
  },
  alerts: {
    format: {
      doc: 'Documents in the topic of alerts: Elastic Common Schema or OCSF Detection Finding',
      format: ['ecs', 'ocsf'],
      default: 'ecs',
      env: 'PORT_TICKER_ALERT_FORMAT',
    },
    minSeverity: {
      doc: 'Least severity of a source that is alerted; 99 is only ever a rise. What concerns the sensors always is',
      format: ['21', '47', '73'],
      default: '47',
      env: 'PORT_TICKER_ALERT_MIN_SEVERITY',
    },
    knownScanners: {
      doc: 'Addresses and prefixes that are meant to scan: labelled, severity at most 21',
      format: 'prefixes',
      default: [],
      env: 'PORT_TICKER_KNOWN_SCANNERS',
    },
  },
  signatures: {
    ...signatureSchema,
    signingKeyFile: {
      doc: 'Private key (PEM) to sign the configuration with; the file without .pem is named for its id',
      format: 'text',
      default: null,
      nullable: true,
      env: 'PORT_TICKER_SIGNING_KEY_FILE',
      completes: 'files',
    },
  },
  http: httpSchema('CONSUMER', 8480),
  ...logSchema,
};
