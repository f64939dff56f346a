import { hostname } from 'node:os';
import { largestThreshold, longestIdleReset } from '../common/control/limits.ts';
import {
  type HttpSettings,
  httpSchema,
  type KafkaSettings,
  kafkaSchema,
  type LogSettings,
  logSchema,
  type PlaceSettings,
  placeSchema,
  type SignatureSettings,
  signatureSchema,
} from '../common/settings/fragments.ts';
import type { Program } from '../common/settings/help.ts';
import type { Schema } from '../common/settings/schema.ts';

export const producerProgram: Program = {
  name: 'port-ticker-producer',
  description: 'Counts port changes in the kernel and sends what crosses the threshold to Kafka.',
};

export type CountPolicy = 'attempts' | 'all';

export interface ProducerSettings extends KafkaSettings, LogSettings {
  sensor: PlaceSettings & {
    id: string;
    devices: string[];
    xdpMode: 'auto' | 'driver' | 'skb';
    maxSources: number;
    openPorts: number[];
  };
  /** The sensor's own settings, until a command changes them. */
  own: {
    threshold: number;
    icmpEnable: boolean;
    ignore: string[];
    countPolicy: CountPolicy;
    /** Seconds; 0: never. */
    idleReset: number;
  };
  signatures: SignatureSettings;
  http: HttpSettings;
  stayAttached: boolean;
  remove: boolean;
}

export const producerSchema: Schema<ProducerSettings> = {
  sensor: {
    id: {
      doc: 'Name of this sensor, unique among all that write to the same topics',
      format: 'sensorId',
      default: hostname(),
      defaultText: 'the name of this host',
      env: 'PORT_TICKER_SENSOR_ID',
    },
    devices: {
      doc: 'Network devices to attach to at start; with --remove: only from these',
      format: 'list',
      default: [],
      env: 'PORT_TICKER_DEVICES',
      completes: 'devices',
      short: 'd',
    },
    netns: placeSchema.netns,
    xdpMode: {
      doc: 'How to attach: auto tries driver mode, then skb mode',
      format: ['auto', 'driver', 'skb'],
      default: 'auto',
      env: 'PORT_TICKER_XDP_MODE',
    },
    maxSources: {
      doc: 'Sources the table holds, a power of two; each takes 72 bytes',
      format: 'powerOfTwo',
      min: 4096,
      max: 8_388_608,
      default: 65_536,
      env: 'PORT_TICKER_MAX_SOURCES',
    },
    pinDir: placeSchema.pinDir,
    openPorts: {
      doc: 'Ports that listen elsewhere, behind DNAT or a load balancer: not taken for closed',
      format: 'ports',
      default: [],
      env: 'PORT_TICKER_OPEN_PORTS',
    },
  },
  own: {
    threshold: {
      doc: 'Report a source when its port changed more often than this',
      format: 'count',
      max: largestThreshold,
      default: 20,
      env: 'PORT_TICKER_THRESHOLD',
    },
    icmpEnable: {
      doc: 'Let ICMP requests pass; 0: the host does not answer pings',
      format: 'flag',
      default: false,
      env: 'PORT_TICKER_ICMP_ENABLE',
    },
    ignore: {
      doc: 'Addresses and prefixes whose packets are not touched',
      format: 'prefixes',
      default: [],
      env: 'PORT_TICKER_IGNORE',
    },
    countPolicy: {
      doc: 'What counts: connection attempts, or all TCP and UDP packets',
      format: ['attempts', 'all'],
      default: 'attempts',
      env: 'PORT_TICKER_COUNT_POLICY',
    },
    idleReset: {
      doc: 'Seconds without a change after which a source begins anew; 0: never',
      format: 'seconds',
      max: longestIdleReset,
      default: 3600,
      env: 'PORT_TICKER_IDLE_RESET',
    },
  },
  signatures: signatureSchema,
  http: httpSchema('PRODUCER', 8481),
  stayAttached: {
    doc: 'Leave the program attached and counting when this process stops',
    format: 'flag',
    default: false,
    arg: 'stay-attached',
  },
  remove: {
    doc: 'Detach and unpin what a sensor left behind, then exit; needs no Kafka',
    format: 'flag',
    default: false,
    arg: 'remove',
  },
  ...kafkaSchema,
  ...logSchema,
};
