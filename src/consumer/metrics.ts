import type { FastifyInstance } from 'fastify';
import type { ControlPlane } from './control/plane.ts';

/** /metrics in Prometheus' text format. */
export function addMetrics(server: FastifyInstance, control: ControlPlane): void {
  server.get('/metrics', async (_, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(controlMetrics(control)),
  );
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
