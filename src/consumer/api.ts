import type { FastifyInstance } from 'fastify';
import { byCount, reportTable } from '../common/table.ts';
import type { Report } from './report.ts';

/** /api/report has every reported source, /api/report.txt the original's table. */
export function addReportRoutes(server: FastifyInstance, report: Report): void {
  server.get('/api/report', async () => ({ entries: byCount([...report.entries()]) }));
  server.get('/api/report.txt', async (_, reply) =>
    reply.type('text/plain; charset=utf-8').send(reportTable(report.entries())),
  );
}
