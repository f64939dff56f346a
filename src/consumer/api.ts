import type { FastifyInstance } from 'fastify';
import { byCount, reportTable } from '../common/table.ts';
import type { KnownSensors } from './control/sensors.ts';
import type { Report } from './report.ts';

/** /api/report has every reported source, /api/report.txt the original's table. */
export function addReportRoutes(server: FastifyInstance, report: Report): void {
  server.get('/api/report', async () => ({ entries: byCount([...report.entries()]) }));
  server.get('/api/report.txt', async (_, reply) =>
    reply.type('text/plain; charset=utf-8').send(reportTable(report.entries())),
  );
}

/** /api/sensors has every sensor that has not been forgotten, as it may be believed now. */
export function addSensorRoutes(server: FastifyInstance, sensors: KnownSensors): void {
  server.get('/api/sensors', async () => ({ sensors: sensors.views() }));
}
