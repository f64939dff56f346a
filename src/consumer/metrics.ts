import type { FastifyInstance } from 'fastify';
import type { AlertTally } from './alerts/tally.ts';
import type { ControlPlane } from './control/plane.ts';

/** /metrics in Prometheus' text format. */
export function addMetrics(server: FastifyInstance, control: ControlPlane, alerts: AlertTally): void {
  server.get('/metrics', async (_, reply) =>
    reply
      .type('text/plain; version=0.0.4; charset=utf-8')
      .send(controlMetrics(control) + alertMetrics(alerts)),
  );
}

function alertMetrics(tally: AlertTally): string {
  const alerts = Array.from(
    tally.counts(),
    ({ action, severity, count }) =>
      `port_ticker_alerts_total{action="${action}",severity="${severity}"} ${count}`,
  );
  return [
    '# HELP port_ticker_alerts_total Alerts that this consumer has raised.',
    '# TYPE port_ticker_alerts_total counter',
    ...alerts,
    '# HELP port_ticker_alert_group_members_total Report rows that were alerted as members of a group.',
    '# TYPE port_ticker_alert_group_members_total counter',
    `port_ticker_alert_group_members_total ${tally.members}`,
    '',
  ].join('\n');
}

function controlMetrics({ tally, guard }: ControlPlane): string {
  const records = Object.entries(tally.counts).map(
    ([outcome, count]) => `port_ticker_control_records_total{outcome="${outcome}"} ${count}`,
  );
  return [
    '# HELP port_ticker_control_records_total Records of the control topic that this consumer has folded.',
    '# TYPE port_ticker_control_records_total counter',
    ...records,
    '# HELP port_ticker_control_signature_problems_total Commands not signed as they should be.',
    '# TYPE port_ticker_control_signature_problems_total counter',
    `port_ticker_control_signature_problems_total ${guard.problems}`,
    '',
  ].join('\n');
}
