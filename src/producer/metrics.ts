import type { FastifyInstance } from 'fastify';
import type { DeviceStatus } from '../common/control/records.ts';
import type { Health } from '../common/http.ts';
import type { SendTally } from '../common/kafka/send-tally.ts';
import { addMetrics, type Metric } from '../common/metrics.ts';
import { healthMetrics, sendMetrics } from '../common/shared-metrics.ts';
import type { Usage } from './control/kernel.ts';
import type { Pipeline } from './pipeline.ts';
import type { Publisher } from './publisher.ts';

interface Parts {
  health: Health;
  usage: () => Usage;
  control: { readonly devices: readonly DeviceStatus[] };
  pipeline: Pick<Pipeline, 'delays' | 'sweeps'>;
  /** Each by its use: what it sends. */
  publishers: Readonly<Record<string, Pick<Publisher, 'clients' | 'refused'>>>;
  sends: SendTally;
}

/** All that is read of the kernel for one answer, once: the table is looked through for it. */
type Source = Omit<Parts, 'usage'> & { usage: Usage };

/** The sensor's part of /metrics; docs/metrics.md is made of it. */
export function addProducerMetrics(server: FastifyInstance, parts: Parts): void {
  addMetrics(server, producerMetrics, () => ({ ...parts, usage: parts.usage() }));
}

const skipped = ['truncated', 'malformed', 'fragment', 'ethertype', 'protocol', 'extensions', 'icmp', 'sctp'];
const noAttempt = ['flow', 'late', 'reply', 'backscatter', 'forwarded', 'group'];

const kernelMetrics: Metric<Source>[] = [
  {
    name: 'port_ticker_xdp_attached',
    type: 'gauge',
    help: 'Whether the program is attached to a device that it is to watch, and in which mode.',
    labels: ['device', 'mode'],
    read: ({ control }) =>
      control.devices.map(({ device, mode }) => [device, mode ?? 'none', Number(mode !== null)]),
  },
  {
    name: 'port_ticker_packets_total',
    type: 'counter',
    help: 'TCP, UDP and SCTP packets whose ports were looked at.',
    labels: ['family'],
    read: ({ usage }) => ['ipv4', 'ipv6'].map((family) => [family, statistic(usage, `packets_${family}`)]),
  },
  {
    name: 'port_ticker_packets_skipped_total',
    type: 'counter',
    help: 'Packets that passed without a look at their ports, by what they were. Beside port_ticker_packets_total.',
    labels: ['cause'],
    read: ({ usage }) => skipped.map((cause) => [cause, statistic(usage, `skipped_${cause}`)]),
  },
  {
    name: 'port_ticker_packets_no_attempt_total',
    type: 'counter',
    help: 'Packets with another port that are no attempt to connect, by what they were. Within port_ticker_packets_total.',
    labels: ['cause'],
    read: ({ usage }) => noAttempt.map((cause) => [cause, statistic(usage, cause)]),
  },
  {
    name: 'port_ticker_packets_ignored_total',
    type: 'counter',
    help: 'Packets of ignored sources that got as far as the ignore list.',
    read: ({ usage }) => statistic(usage, 'ignored'),
  },
  {
    name: 'port_ticker_packets_uncounted_total',
    type: 'counter',
    help: 'Packets that the table could not count: its bucket was full of young sources, another source there has the same tag, another CPU came first.',
    labels: ['cause'],
    read: ({ usage }) => [
      ['full', statistic(usage, 'sources_refused')],
      ['collision', statistic(usage, 'sources_collided')],
      ['race', statistic(usage, 'races')],
    ],
  },
  {
    name: 'port_ticker_traceroute_packets_total',
    type: 'counter',
    help: 'Packets that look like those of traceroute: they count, their ports do not score.',
    read: ({ usage }) => statistic(usage, 'traceroute'),
  },
  {
    name: 'port_ticker_icmp_requests_dropped_total',
    type: 'counter',
    help: 'ICMP requests that were dropped because icmp-enable is 0.',
    read: ({ usage }) => statistic(usage, 'icmp_dropped'),
  },
  {
    name: 'port_ticker_socket_lookups_total',
    type: 'counter',
    help: 'Questions to the kernel whether a socket is open.',
    read: ({ usage }) => statistic(usage, 'socket_lookups'),
  },
  {
    name: 'port_ticker_port_changes_total',
    type: 'counter',
    help: 'Changes of the destination port, of all sources.',
    read: ({ usage }) => statistic(usage, 'port_changes'),
  },
  {
    name: 'port_ticker_crossings_total',
    type: 'counter',
    help: 'Events that the kernel has put into the ring, by what they tell.',
    labels: ['reason'],
    read: ({ usage }) => [
      ['threshold', statistic(usage, 'crossings_threshold')],
      ['closed_ports', statistic(usage, 'crossings_closed')],
      ['sweep', statistic(usage, 'crossings_sweep')],
      ['count_final', statistic(usage, 'crossings_final')],
    ],
  },
  {
    name: 'port_ticker_ring_reserve_failures_total',
    type: 'counter',
    help: 'Events that found the ring full; they are tried again later.',
    read: ({ usage }) => statistic(usage, 'ring_full'),
  },
  {
    name: 'port_ticker_ring_used_bytes',
    type: 'gauge',
    help: 'Bytes in the ring that Kafka has not acknowledged.',
    read: ({ usage }) => usage.ringUsed,
  },
  {
    name: 'port_ticker_ring_size_bytes',
    type: 'gauge',
    help: 'Bytes that the ring holds.',
    read: ({ usage }) => usage.ringSize,
  },
  {
    name: 'port_ticker_sources',
    type: 'gauge',
    help: 'Sources in the table.',
    read: ({ usage }) => usage.sources,
  },
  {
    name: 'port_ticker_sources_limit',
    type: 'gauge',
    help: 'Sources that the table holds.',
    read: ({ usage }) => usage.maxSources,
  },
  {
    name: 'port_ticker_sources_admitted_total',
    type: 'counter',
    help: 'Sources that got a place in the table.',
    read: ({ usage }) => statistic(usage, 'sources_admitted'),
  },
  {
    name: 'port_ticker_source_evictions_total',
    type: 'counter',
    help: 'Sources that lost their place to another one: undelivered with a crossing that nobody had delivered, complete without.',
    labels: ['kind'],
    read: ({ usage }) => {
      const lost = statistic(usage, 'crossings_lost');
      return [
        ['complete', Math.max(0, statistic(usage, 'sources_evicted') - lost)],
        ['undelivered', lost],
      ];
    },
  },
  {
    name: 'port_ticker_idle_resets_total',
    type: 'counter',
    help: 'Sources that began anew after a time without a change.',
    read: ({ usage }) => statistic(usage, 'idle_resets'),
  },
  {
    name: 'port_ticker_sweep_duration_seconds',
    type: 'histogram',
    help: 'Time that looking through the whole table takes, without what is sent meanwhile.',
    read: ({ pipeline }) => pipeline.sweeps,
  },
];

const deliveryMetrics: Metric<Source>[] = [
  {
    name: 'port_ticker_events_dropped_total',
    type: 'counter',
    help: 'Crossings of this epoch that are lost: evicted before the ring had room for them, or refused by Kafka.',
    labels: ['cause'],
    read: ({ usage }) => {
      const evicted = statistic(usage, 'crossings_lost');
      return [
        ['evicted', evicted],
        ['refused', Math.max(0, usage.drops - evicted)],
      ];
    },
  },
  {
    name: 'port_ticker_delivery_delay_seconds',
    type: 'histogram',
    help: 'From the packet that made an event to the acknowledgement by Kafka.',
    read: ({ pipeline }) => pipeline.delays,
  },
  {
    name: 'port_ticker_kafka_records_refused_total',
    type: 'counter',
    help: 'Records that Kafka would not have, and that are lost.',
    labels: ['topic'],
    read: ({ publishers, sends }) =>
      Array.from(sends.counts(), ({ name, topic }) => {
        const counts = Object.values(publishers).map(({ refused }) => refused.get(topic) ?? 0);
        return [name, counts.reduce((sum, count) => sum + count, 0)];
      }),
  },
  {
    name: 'port_ticker_kafka_clients_total',
    type: 'counter',
    help: 'Kafka clients made: one, and a fresh one after each failure.',
    labels: ['use'],
    read: ({ publishers }) => Object.entries(publishers).map(([use, { clients }]) => [use, clients]),
  },
  {
    name: 'port_ticker_last_ack_timestamp_seconds',
    type: 'gauge',
    help: 'When Kafka last acknowledged events or counts; 0 before the first time.',
    read: ({ sends }) => {
      const events = Array.from(sends.counts()).find(({ name }) => name === 'events');
      return (events?.acknowledgedAt ?? 0) / 1000;
    },
  },
];

export const producerMetrics: readonly Metric<Source>[] = [
  ...healthMetrics('port-ticker-producer'),
  ...kernelMetrics,
  ...deliveryMetrics,
  ...sendMetrics,
];

function statistic({ statistics }: Usage, name: string): number {
  return statistics[name] ?? 0;
}
