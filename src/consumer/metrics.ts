import type { FastifyInstance } from 'fastify';
import type { SensorState } from '../common/control/records.ts';
import type { Health } from '../common/http.ts';
import type { SendTally } from '../common/kafka/send-tally.ts';
import { addMetrics, type Metric } from '../common/metrics.ts';
import { healthMetrics, sendMetrics } from '../common/shared-metrics.ts';
import type { AlertTally } from './alerts/tally.ts';
import type { ControlPlane } from './control/plane.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Membership } from './group.ts';
import type { Page } from './page/page.ts';
import type { Report } from './report.ts';
import type { Sequences } from './sequences.ts';
import type { EventSubscriber } from './subscriber.ts';

type Fares = Pick<Membership, 'lags' | 'failures'>;

interface Source {
  health: Health;
  subscriber: Pick<EventSubscriber, 'consumed' | 'delays'> & { group: Fares };
  sequences: Pick<Sequences, 'missing' | 'duplicates'>;
  /** Each by what follows the prefix in its topic's name. */
  decoders: Readonly<Record<string, { failures: number }>>;
  deadLetters: Pick<DeadLetters, 'counts'>;
  report: Pick<Report, 'size'>;
  page: Pick<Page, 'streams'>;
  control: {
    group: Fares;
    tally: Pick<ControlPlane['tally'], 'counts'>;
    guard: Pick<ControlPlane['guard'], 'problems'>;
    sensors: Pick<ControlPlane['sensors'], 'failures' | 'views'>;
  };
  alerts: Pick<AlertTally, 'counts' | 'members'>;
  sends: SendTally;
}

/** The consumer's part of /metrics; docs/metrics.md is made of it. */
export function addConsumerMetrics(server: FastifyInstance, source: Source): void {
  addMetrics(server, consumerMetrics, () => source);
}

const states: readonly SensorState[] = ['RUNNING', 'DEGRADED', 'STOPPED', 'UNKNOWN'];

const eventMetrics: Metric<Source>[] = [
  {
    name: 'port_ticker_events_consumed_total',
    type: 'counter',
    help: 'Events whose rows this instance has written, by what they tell.',
    labels: ['kind'],
    read: ({ subscriber }) => Array.from(subscriber.consumed, ([reason, n]) => [reason.toLowerCase(), n]),
  },
  {
    name: 'port_ticker_events_missing_total',
    type: 'counter',
    help: 'Events that are not in Kafka though their sensor has delivered them: lost there, or refused. Counted by the instance that folds commands.',
    read: ({ sequences }) => sequences.missing,
  },
  {
    name: 'port_ticker_events_duplicate_total',
    type: 'counter',
    help: 'Events that were in Kafka already: sent again after a failure. Counted by the instance that folds commands.',
    read: ({ sequences }) => sequences.duplicates,
  },
  {
    name: 'port_ticker_event_delay_seconds',
    type: 'histogram',
    help: 'From the packet that made an event to its row in Kafka, by the clocks of both machines.',
    read: ({ subscriber }) => subscriber.delays,
  },
  {
    name: 'port_ticker_consumer_lag_records',
    type: 'gauge',
    help: 'Records of the partitions of this instance that are not done yet, as of its last fetch.',
    labels: ['topic', 'partition'],
    read: ({ subscriber, control }) => [
      ...Array.from(subscriber.group.lags, ([partition, lag]) => ['events', String(partition), lag] as const),
      ...Array.from(control.group.lags, ([partition, lag]) => ['control', String(partition), lag] as const),
    ],
  },
  {
    name: 'port_ticker_consumer_group_failures_total',
    type: 'counter',
    help: 'Times that this instance left its group because of an error, and joined it again.',
    labels: ['topic'],
    read: ({ subscriber, control }) => [
      ['events', subscriber.group.failures],
      ['control', control.group.failures],
    ],
  },
  {
    name: 'port_ticker_decode_failures_total',
    type: 'counter',
    help: 'Records that this instance has read and could make nothing of; those of control are among the commands.',
    labels: ['topic'],
    read: ({ decoders, control }) =>
      Object.entries({ ...decoders, sensors: control.sensors }).map(([topic, { failures }]) => [
        topic,
        failures,
      ]),
  },
  {
    name: 'port_ticker_dead_letters_total',
    type: 'counter',
    help: 'Unreadable records that are kept in the topic dead-letter, and those that are lost because it takes none.',
    labels: ['outcome'],
    read: ({ deadLetters }) => Object.entries(deadLetters.counts),
  },
];

const reportMetrics: Metric<Source>[] = [
  {
    name: 'port_ticker_report_entries',
    type: 'gauge',
    help: 'Rows of the report, and what resets have left.',
    read: ({ report }) => report.size,
  },
  {
    name: 'port_ticker_stream_clients',
    type: 'gauge',
    help: 'Clients of /api/stream, browsers with the page among them.',
    read: ({ page }) => page.streams,
  },
  {
    name: 'port_ticker_alerts_total',
    type: 'counter',
    help: 'Alerts that this instance has raised.',
    labels: ['action', 'severity'],
    read: ({ alerts }) =>
      Array.from(alerts.counts(), ({ action, severity, count }) => [action, String(severity), count]),
  },
  {
    name: 'port_ticker_alert_group_members_total',
    type: 'counter',
    help: 'Report rows that were alerted as members of a group.',
    read: ({ alerts }) => alerts.members,
  },
  {
    name: 'port_ticker_sensors',
    type: 'gauge',
    help: 'Sensors that have not been forgotten, by state; unknown: silent for 30 s.',
    labels: ['state'],
    read: ({ control }) => {
      const views = control.sensors.views();
      const count = (state: SensorState) => views.filter((view) => view.state === state).length;
      return states.map((state) => [state.toLowerCase(), count(state)]);
    },
  },
  {
    name: 'port_ticker_commands_total',
    type: 'counter',
    help: 'Records of the control topic that this instance has folded, by what became of them.',
    labels: ['result'],
    read: ({ control }) => Object.entries(control.tally.counts),
  },
  {
    name: 'port_ticker_command_signature_problems_total',
    type: 'counter',
    help: 'Commands that were not signed as they should be.',
    read: ({ control }) => control.guard.problems,
  },
];

export const consumerMetrics: readonly Metric<Source>[] = [
  ...healthMetrics('port-ticker-consumer'),
  ...eventMetrics,
  ...reportMetrics,
  ...sendMetrics,
];
