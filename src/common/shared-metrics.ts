import type { Health } from './http.ts';
import type { SendTally } from './kafka/send-tally.ts';
import type { Metric } from './metrics.ts';
import { version } from './version.ts';

/** Of each program: what it is, and how it fares. */
export function healthMetrics(program: string): Metric<{ health: Health }>[] {
  return [
    {
      name: 'port_ticker_build_info',
      type: 'gauge',
      help: 'Which program of which version this is; always 1.',
      labels: ['program', 'version'],
      read: () => [[program, version, 1]],
    },
    {
      name: 'port_ticker_ready',
      type: 'gauge',
      help: 'Whether it does all its work, as /readyz says.',
      read: ({ health }) => Number(health.waitingFor().length === 0),
    },
    {
      name: 'port_ticker_stalled_parts',
      type: 'gauge',
      help: 'Parts whose Kafka client hung and has no working successor yet, as /healthz says.',
      read: ({ health }) => health.stalled().length,
    },
  ];
}

/** Of what a program sends to Kafka. */
export const sendMetrics: readonly Metric<{ sends: SendTally }>[] = [
  {
    name: 'port_ticker_kafka_records_total',
    type: 'counter',
    help: 'Records that Kafka has acknowledged.',
    labels: ['topic'],
    read: ({ sends }) => Array.from(sends.counts(), ({ name, records }) => [name, records]),
  },
  {
    name: 'port_ticker_kafka_sends_total',
    type: 'counter',
    help: 'Requests to write records, acknowledged or not.',
    labels: ['topic'],
    read: ({ sends }) =>
      Array.from(sends.counts(), ({ name, successes, failures }) => [name, successes + failures]),
  },
  {
    name: 'port_ticker_kafka_send_failures_total',
    type: 'counter',
    help: 'Requests to write records that failed or were refused. Within port_ticker_kafka_sends_total.',
    labels: ['topic'],
    read: ({ sends }) => Array.from(sends.counts(), ({ name, failures }) => [name, failures]),
  },
  {
    name: 'port_ticker_kafka_send_duration_seconds',
    type: 'histogram',
    help: 'Time to the acknowledgement of a request, of those that were acknowledged.',
    read: ({ sends }) => sends.durations,
  },
];
