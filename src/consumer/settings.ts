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
import type { Schema } from '../common/settings/schema.ts';

export interface ConsumerSettings extends KafkaSettings, LogSettings {
  report: { /** Seconds. */ expiry: number };
  signatures: SignatureSettings & { signingKeyFile: string | null };
  http: HttpSettings;
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
  signatures: {
    ...signatureSchema,
    signingKeyFile: {
      doc: 'Private key (PEM) to sign the configuration with; the file without .pem is named for its id',
      format: 'text',
      default: null,
      nullable: true,
      env: 'PORT_TICKER_SIGNING_KEY_FILE',
    },
  },
  http: httpSchema('CONSUMER', 8480),
  ...logSchema,
};
