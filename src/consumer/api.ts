import type { FastifyInstance } from 'fastify';
import type { ReportEntry } from '../common/event.ts';
import { byCount, reportTable } from '../common/table.ts';
import { severity } from './alerts/severity.ts';
import { describeRow } from './alerts/words.ts';
import type { KnownSensors } from './control/sensors.ts';
import type { Report } from './report.ts';

/**
 * /api/report has every reported source, with its severity and what it does in words; /api/report.txt the original's
 * table. `isKnown` is true for the addresses of known scanners.
 */
export function addReportRoutes(
  server: FastifyInstance,
  report: Report,
  isKnown: (source: string) => boolean,
): void {
  const judged = (entry: ReportEntry) => {
    const circumstances = { isKnown: isKnown(entry.source) };
    return {
      ...entry,
      severity: severity(entry, circumstances),
      summary: describeRow(entry, circumstances),
    };
  };
  server.get('/api/report', async () => ({ entries: byCount([...report.entries()]).map(judged) }));
  server.get('/api/report.txt', async (_, reply) =>
    reply.type('text/plain; charset=utf-8').send(reportTable(report.entries())),
  );
}

/** /api/sensors has every sensor that has not been forgotten, as it may be believed now. */
export function addSensorRoutes(server: FastifyInstance, sensors: KnownSensors): void {
  server.get('/api/sensors', async () => ({ sensors: sensors.views() }));
}
