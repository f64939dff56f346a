import type { FastifyInstance, FastifyReply } from 'fastify';
import { describe, TickerError } from '../common/errors.ts';
import { reportTable } from '../common/table.ts';
import type { KnownSensors } from './control/sensors.ts';
import { csv } from './csv.ts';
import { queryOf } from './query.ts';
import type { Report } from './report.ts';
import { apiRow, type Rows } from './rows.ts';

/**
 * /api/report has the reported sources, with their severity and what they do in words, and /api/report.csv too: all, or
 * those that the URL asks for, see `queryOf`. /api/report.txt has the original's table.
 */
export function addReportRoutes(server: FastifyInstance, report: Report, rows: Rows): void {
  server.get('/api/report', async (request, reply) =>
    answering(reply, () => {
      const { rows: selected, ...counts } = rows.select(queryOf(request.url));
      return { entries: selected.map(apiRow), ...counts };
    }),
  );
  server.get('/api/report.csv', async (request, reply) =>
    answering(reply, () => {
      const selected = rows.select(queryOf(request.url)).rows;
      reply.type('text/csv; charset=utf-8').header('content-disposition', attachment);
      return csv(selected);
    }),
  );
  server.get('/api/report.txt', async (_, reply) =>
    reply.type('text/plain; charset=utf-8').send(reportTable(report.entries())),
  );
}

const attachment = 'attachment; filename="port-ticker.csv"';

/** /api/sensors has every sensor that has not been forgotten, as it may be believed now. */
export function addSensorRoutes(server: FastifyInstance, sensors: KnownSensors): void {
  server.get('/api/sensors', async () => ({ sensors: sensors.views() }));
}

/** A query that nobody can read is answered with what is wrong with it. */
export function answering<T>(reply: FastifyReply, answer: () => T): T | { error: string } {
  try {
    return answer();
  } catch (error) {
    if (!(error instanceof TickerError) || error.code !== 'QUERY') throw error;
    reply.code(400);
    return { error: describe(error) };
  }
}
