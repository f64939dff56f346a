import type { FastifyInstance } from 'fastify';
import { readQuery } from '../api.ts';
import type { Query } from '../query.ts';
import type { Feed } from './feed.ts';

/** Streams at a time: the server has connections for other things, too. */
const mostClients = 200;
const mostRows = 1_000;

/** What a stream shows when its URL asks for nothing else. */
export const streamDefaults: Query = {
  text: '',
  severity: 0,
  sort: 'activity',
  isDescending: true,
  limit: 200,
};

/**
 * /api/stream has the rows that its URL asks for (see `queryOf`) as server-sent events: `snapshot`, then `rows` with what has
 * changed, each row placed before another one or at the end; `status` of the sensors, `counts`, `heartbeat` every 15 s.
 * With `html` in the URL rows and status are the page's markup.
 */
export function addStreamRoute(server: FastifyInstance, feed: Feed): void {
  server.get('/api/stream', async (request, reply) => {
    const query = readQuery(reply, request.url, streamDefaults);
    if ('error' in query) return query;
    if (feed.size >= mostClients) {
      const error = `${mostClients} streams are open already`;
      return reply.code(503).header('retry-after', '30').send({ error });
    }
    const parameters = new URL(request.url, 'http://localhost').searchParams;
    const header = request.headers['last-event-id'];
    const lastId = typeof header === 'string' ? header : (parameters.get('last-event-id') ?? '');

    reply.hijack();
    const { raw } = reply;
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) raw.setHeader(name, value);
    raw.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
    raw.write('retry: 2000\n\n');
    const limited = { ...query, limit: Math.min(query.limit, mostRows) };
    feed.add(raw, limited, parameters.has('html'), lastId);
    return reply;
  });
}
