import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { addressText, parseAddress } from '../../common/address.ts';
import { TickerError } from '../../common/errors.ts';
import type { Access } from '../../common/http-access.ts';
import { everything, type Query, queryOf, queryText, sortText } from '../query.ts';
import type { Rows, ShownRow } from '../rows.ts';
import { streamDefaults } from '../stream/route.ts';
import type { Activity } from './activity.ts';
import { ignoreForm, type Permission, thresholdForm } from './changes.ts';
import { contentSecurityPolicy, documentOf } from './document.ts';
import { frontMarkup } from './front.ts';
import type { History } from './history.ts';
import { signInMarkup } from './sign-in.ts';
import { storyMarkup } from './story.ts';
import type { Watch } from './watch.ts';

/** Of a source's sensors so many have a chapter in its story. */
const mostSensors = 200;

export interface PageParts {
  rows: Rows;
  history: History;
  activity: Activity;
  watch: () => Watch;
  permission: Permission;
}

/**
 * The first page, and the story of each source. Without the token, where one is wanted, they are a form that takes it, and
 * show nothing else.
 */
export function addPageRoutes(server: FastifyInstance, access: Access, parts: PageParts): void {
  const isPublic = { config: { isPublic: true } };
  const mayRead = ({ headers: { authorization, cookie } }: FastifyRequest) =>
    access.hasToken(authorization) || access.hasSession(cookie);
  const answer = (request: FastifyRequest, reply: FastifyReply, page: () => Promise<string>) =>
    mayRead(request) ? page().then((text) => send(reply, text)) : send(reply, signIn(false));

  server.get('/', isPublic, async (request, reply) =>
    answer(request, reply, () => front(request.url, parts)),
  );
  server.get<{ Params: { source: string } }>('/source/:source', isPublic, async (request, reply) =>
    answer(request, reply, () => story(request.params.source, parts)),
  );
  addSession(server, access);
}

/** POST /session takes the token from the form and gives the browser a session. */
function addSession(server: FastifyInstance, access: Access): void {
  server.register((scope, _, done) => {
    scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
      done(null, new URLSearchParams(String(body))),
    );
    scope.post('/session', { config: { isPublic: true } }, async (request, reply) => {
      const given = request.body instanceof URLSearchParams ? (request.body.get('token') ?? '') : '';
      const session = access.sessionFor(given.trim());
      if (session === undefined) return send(reply.code(401), signIn(true));
      return reply.header('set-cookie', session).redirect('/', 303);
    });
    done();
  });
}

async function front(url: string, { rows, activity, watch, permission }: PageParts): Promise<string> {
  const now = Date.now();
  const query = readable(url);
  const selection = await rows.select(query, now);
  const seen = watch();
  const main = frontMarkup({
    watch: seen,
    query,
    selection,
    minutes: activity.series(now),
    changes: thresholdForm(
      permission,
      seen.sensors.map(({ sensor }) => sensor),
    ),
    now,
  });
  return documentOf({ title: 'Port scans – port-ticker', main, stream: streamOf(query) });
}

async function story(source: string, { rows, history, permission }: PageParts): Promise<string> {
  const address = canonical(source);
  const query = { ...everything, text: address, limit: mostSensors };
  const isOfSource = ({ entry }: ShownRow) => entry.source === address;
  const { ranks } = await rows.rank(query, Date.now(), isOfSource);
  const main = storyMarkup({
    source: address,
    rows: [...rows.matching(ranks, query)],
    history: (key) => history.of(key),
    ignoreForm: (sensor) => ignoreForm(permission, address, sensor),
  });
  const stream = streamOf({ ...streamDefaults, text: address });
  return documentOf({ title: `${address} – port-ticker`, main, stream, reloads: true });
}

/** The page's limit is its own; what nobody can read asks for nothing. */
function readable(url: string): Query {
  try {
    return { ...queryOf(url, streamDefaults), limit: streamDefaults.limit };
  } catch (error) {
    if (error instanceof TickerError) return streamDefaults;
    throw error;
  }
}

function streamOf(query: Query): string {
  const parameters = new URLSearchParams(queryText(query, streamDefaults));
  parameters.set('html', '');
  parameters.set('sort', sortText(query));
  return `/api/stream?${parameters}`;
}

/** As the report writes it; what is no address stays what it is, and nothing is known of it. */
function canonical(text: string): string {
  try {
    return addressText(parseAddress(text));
  } catch (error) {
    if (error instanceof TickerError) return text.slice(0, 100);
    throw error;
  }
}

function signIn(wasWrong: boolean): string {
  return documentOf({ title: 'port-ticker', main: signInMarkup({ wasWrong }) });
}

function send(reply: FastifyReply, page: string): FastifyReply {
  return reply
    .type('text/html; charset=utf-8')
    .header('content-security-policy', contentSecurityPolicy)
    .send(page);
}
