import type { FastifyInstance } from 'fastify';
import { contentType, exposition, type Metric } from '../common/exposition.ts';
import type { AlertTally } from './alerts/tally.ts';
import type { ControlPlane } from './control/plane.ts';
import type { DeadLetters } from './dead-letters.ts';

interface Sources {
  /** Each by what follows the prefix in its topic's name. */
  decoders: Readonly<Record<string, { failures: number }>>;
  deadLetters: DeadLetters;
  control: ControlPlane;
  alerts: AlertTally;
}

/** /metrics in Prometheus' text format. */
export function addMetrics(server: FastifyInstance, sources: Sources): void {
  server.get('/metrics', async (_, reply) =>
    reply
      .type(contentType)
      .send(
        exposition([
          ...poisonMetrics(sources),
          ...controlMetrics(sources.control),
          ...alertMetrics(sources.alerts),
        ]),
      ),
  );
}

function poisonMetrics({ decoders, deadLetters, control }: Sources): Metric[] {
  const readers = Object.entries({ ...decoders, sensors: control.sensors });
  return [
    {
      name: 'port_ticker_unreadable_records_total',
      type: 'counter',
      help: 'Records that this consumer has read and could make nothing of; those of control are counted apart.',
      samples: readers.map(([topic, { failures }]) => ({ value: failures, labels: { topic } })),
    },
    {
      name: 'port_ticker_dead_letters_total',
      type: 'counter',
      help: 'Unreadable records that are kept in the topic dead-letter, and those that are lost because it takes none.',
      samples: Object.entries(deadLetters.counts).map(([outcome, value]) => ({ value, labels: { outcome } })),
    },
  ];
}

function alertMetrics(tally: AlertTally): Metric[] {
  return [
    {
      name: 'port_ticker_alerts_total',
      type: 'counter',
      help: 'Alerts that this consumer has raised.',
      samples: Array.from(tally.counts(), ({ action, severity, count }) => ({
        value: count,
        labels: { action, severity: String(severity) },
      })),
    },
    {
      name: 'port_ticker_alert_group_members_total',
      type: 'counter',
      help: 'Report rows that were alerted as members of a group.',
      samples: [{ value: tally.members }],
    },
  ];
}

function controlMetrics({ tally, guard }: ControlPlane): Metric[] {
  return [
    {
      name: 'port_ticker_control_records_total',
      type: 'counter',
      help: 'Records of the control topic that this consumer has folded.',
      samples: Object.entries(tally.counts).map(([outcome, value]) => ({ value, labels: { outcome } })),
    },
    {
      name: 'port_ticker_control_signature_problems_total',
      type: 'counter',
      help: 'Commands not signed as they should be.',
      samples: [{ value: guard.problems }],
    },
  ];
}
