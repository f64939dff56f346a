import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { describe, TickerError } from '../common/errors.ts';
import { isAboveThreshold, tableHead, tableLine } from '../common/table.ts';
import type { KnownSensors } from './control/sensors.ts';
import { csvHead, csvLine } from './csv.ts';
import { everything, type Query, queryOf } from './query.ts';
import { apiRow, type Ranking, type Rows, type ShownRow } from './rows.ts';
import { inPortions } from './turns.ts';

/** Answers under way: each may take some 20 MB for the order of 200 000 rows. */
const mostAnswers = 4;

/** How an answer is written. */
interface Form {
  type: string;
  begin: string;
  row: (row: ShownRow) => string;
  between: string;
  end: (counts: Pick<Ranking, 'matched' | 'total'>) => string;
}

const json: Form = {
  type: 'application/json; charset=utf-8',
  begin: '{"entries":[',
  row: (row) => JSON.stringify(apiRow(row)),
  between: ',',
  end: ({ matched, total }) => `],"matched":${matched},"total":${total}}`,
};
const csv: Form = {
  type: 'text/csv; charset=utf-8',
  begin: `${csvHead}\r\n`,
  row: (row) => `${csvLine(row)}\r\n`,
  between: '',
  end: () => '',
};
const table: Form = {
  type: 'text/plain; charset=utf-8',
  begin: `${tableHead.join('\n')}\n`,
  row: ({ entry }) => `${tableLine(entry)}\n`,
  between: '',
  end: () => '',
};

/**
 * /api/report has the reported sources, with their severity and what they do in words, and /api/report.csv too: all, or
 * those that the URL asks for, see `queryOf`. /api/report.txt has the original's table.
 */
export function addReportRoutes(server: FastifyInstance, rows: Rows): void {
  let underWay = 0;

  server.get('/api/report', async (request, reply) => {
    const query = readQuery(reply, request.url);
    return 'error' in query ? query : answer(reply, query, json);
  });
  server.get('/api/report.csv', async (request, reply) => {
    const query = readQuery(reply, request.url);
    if ('error' in query) return query;
    reply.header('content-disposition', 'attachment; filename="port-ticker.csv"');
    return answer(reply, query, csv);
  });
  server.get('/api/report.txt', async (_, reply) =>
    answer(reply, everything, table, ({ entry }) => isAboveThreshold(entry)),
  );

  async function answer(
    reply: FastifyReply,
    query: Query,
    form: Form,
    isWanted: (row: ShownRow) => boolean = () => true,
  ): Promise<FastifyReply> {
    if (underWay >= mostAnswers) {
      const error = `${mostAnswers} reports are being written already`;
      return reply.code(503).header('retry-after', '5').send({ error });
    }
    underWay += 1;
    const text = Readable.from(written(query, form, isWanted), { objectMode: false });
    text.once('close', () => {
      underWay -= 1;
    });
    return reply.type(form.type).send(text);
  }

  /** Written as it is taken: a slow reader holds up nothing, and takes no more than the order of the rows. */
  async function* written(query: Query, form: Form, isWanted: (row: ShownRow) => boolean) {
    const { ranks, ...counts } = await rows.rank(query, Date.now(), isWanted);
    yield form.begin;
    let between = '';
    for await (const portion of inPortions(rows.matching(ranks, query))) {
      const texts = portion.filter(isWanted).map(form.row);
      if (texts.length === 0) continue;
      yield between + texts.join(form.between);
      between = form.between;
    }
    const end = form.end(counts);
    if (end !== '') yield end;
  }
}

/** /api/sensors has every sensor that has not been forgotten, as it may be believed now. */
export function addSensorRoutes(server: FastifyInstance, sensors: KnownSensors): void {
  server.get('/api/sensors', async () => ({ sensors: sensors.views() }));
}

/** What a URL asks for; a query that nobody can read is answered with what is wrong with it. */
export function readQuery(reply: FastifyReply, url: string, defaults?: Query): Query | { error: string } {
  try {
    return queryOf(url, defaults);
  } catch (error) {
    if (!(error instanceof TickerError) || error.code !== 'QUERY') throw error;
    reply.code(400);
    return { error: describe(error) };
  }
}
