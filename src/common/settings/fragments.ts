import type { Schema } from './schema.ts';

/** Groups of settings that several processes share. */
export interface KafkaSettings {
  kafka: {
    brokers: string[];
    ssl: boolean;
    sslCaFile: string | null;
    sslCertFile: string | null;
    sslKeyFile: string | null;
    saslMechanism: string | null;
    saslUsername: string | null;
    saslPasswordFile: string | null;
  };
  topics: { prefix: string; partitions: number; replication: number };
  schemaRegistry: { url: string | null; authFile: string | null };
}

export interface HttpSettings {
  host: string;
  port: number;
  allowedHosts: string[];
  tokenFile: string | null;
}

/** Where a sensor lives on its machine. */
export interface PlaceSettings {
  netns: string | null;
  pinDir: string;
}

export type SignatureMode = 'off' | 'warn' | 'require';

export interface SignatureSettings {
  mode: SignatureMode;
  keysFile: string | null;
}

export interface LogSettings {
  log: { level: string };
}

export const saslMechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

export const kafkaSchema: Schema<KafkaSettings> = {
  kafka: {
    brokers: {
      doc: 'Kafka brokers to begin with',
      format: 'brokers',
      default: ['127.0.0.1:9092'],
      env: 'PORT_TICKER_KAFKA_BROKERS',
    },
    ssl: { doc: 'Talk TLS to Kafka', format: 'flag', default: false, env: 'PORT_TICKER_KAFKA_SSL' },
    sslCaFile: optionalFile(
      'CA certificates that the brokers are checked against (PEM)',
      'KAFKA_SSL_CA_FILE',
    ),
    sslCertFile: optionalFile('Client certificate (PEM)', 'KAFKA_SSL_CERT_FILE'),
    sslKeyFile: optionalFile('Key of the client certificate (PEM)', 'KAFKA_SSL_KEY_FILE'),
    saslMechanism: {
      doc: 'How to log in to Kafka; nothing: not at all',
      format: saslMechanisms,
      default: null,
      nullable: true,
      env: 'PORT_TICKER_KAFKA_SASL_MECHANISM',
    },
    saslUsername: {
      doc: 'User name at Kafka',
      format: 'text',
      default: null,
      nullable: true,
      env: 'PORT_TICKER_KAFKA_SASL_USERNAME',
    },
    saslPasswordFile: optionalFile('File with the password at Kafka', 'KAFKA_SASL_PASSWORD_FILE'),
  },
  topics: {
    prefix: {
      doc: 'What the names of all topics begin with',
      format: 'topicPrefix',
      default: 'port-ticker',
      env: 'PORT_TICKER_TOPIC_PREFIX',
    },
    partitions: {
      doc: 'Partitions of the event and report topics, when they are created',
      format: 'count',
      min: 1,
      max: 10_000,
      default: 6,
      env: 'PORT_TICKER_TOPIC_PARTITIONS',
    },
    replication: {
      doc: 'Replicas of each topic, when it is created',
      format: 'count',
      min: 1,
      max: 100,
      default: 1,
      env: 'PORT_TICKER_TOPIC_REPLICATION',
    },
  },
  schemaRegistry: {
    url: {
      doc: 'Schema registry with the Confluent API; nothing: Avro single-object encoding',
      format: 'webAddress',
      default: null,
      nullable: true,
      env: 'PORT_TICKER_SCHEMA_REGISTRY_URL',
    },
    authFile: optionalFile('File with USER:PASSWORD at the schema registry', 'SCHEMA_REGISTRY_AUTH_FILE'),
  },
};

/** HTTP settings of the process whose port is set by PORT_TICKER_{program}_HTTP_PORT. */
export function httpSchema(program: 'PRODUCER' | 'CONSUMER', port: number): Schema<HttpSettings> {
  return {
    host: {
      doc: 'Address to serve HTTP on',
      format: 'text',
      default: '127.0.0.1',
      env: 'PORT_TICKER_HTTP_HOST',
    },
    port: {
      doc: 'Port to serve HTTP on; 0: any free one',
      format: 'tcpPort',
      default: port,
      env: `PORT_TICKER_${program}_HTTP_PORT`,
    },
    allowedHosts: {
      doc: 'Names beside the address itself that HTTP clients may use in the Host header',
      format: 'list',
      default: [],
      env: 'PORT_TICKER_HTTP_ALLOWED_HOSTS',
    },
    tokenFile: optionalFile(
      'File with the token that HTTP clients have to send; needed on an address that is not loopback',
      'HTTP_TOKEN_FILE',
    ),
  };
}

export const placeSchema: Schema<PlaceSettings> = {
  netns: {
    doc: 'Path of the network namespace that the devices live in, e.g. /run/netns/NAME; nothing: its own',
    format: 'text',
    default: null,
    nullable: true,
    env: 'PORT_TICKER_NETNS',
    completes: 'files',
  },
  pinDir: {
    doc: 'Directory for the maps on a bpf file system',
    format: 'text',
    default: '/sys/fs/bpf/port-ticker',
    env: 'PORT_TICKER_PIN_DIR',
    completes: 'files',
  },
};

export const signatureSchema: Schema<SignatureSettings> = {
  mode: {
    doc: 'Signatures in the control plane: ignore them, warn of what is not signed rightly, or refuse it',
    format: ['off', 'warn', 'require'],
    default: 'off',
    env: 'PORT_TICKER_SIGNATURES',
  },
  keysFile: optionalFile('Allow-list of the keys whose signatures count (JSON)', 'SIGNATURE_KEYS_FILE'),
};

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

export const logSchema: Schema<LogSettings> = {
  log: {
    level: { doc: 'What to log', format: logLevels, default: 'info', env: 'PORT_TICKER_LOG_LEVEL' },
  },
};

function optionalFile(doc: string, name: string) {
  const env = `PORT_TICKER_${name}`;
  return { doc, format: 'text', default: null, nullable: true, env, completes: 'files' } as const;
}
