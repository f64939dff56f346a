import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { TickerError } from './errors.ts';
import { type Access, accessOf, hostCheck } from './http-access.ts';
import type { HttpSettings } from './settings/fragments.ts';

export interface Health {
  /** The parts whose Kafka client hung and was given up, until its successor works; none when all is well. */
  stalled(): string[];
  /** What the process still waits for; none when it does its work. */
  waitingFor(): string[];
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** For everybody, also where a token is wanted. */
    isPublic?: boolean;
  }
}

const headers = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/**
 * What one client may take: bytes of a body and of a head, its URL included; ms for a head, a request, and of silence. Whether
 * a head or a request is overdue is looked for at an interval, which comes on top: each look wakes an idle process.
 */
const limits = {
  bodyLimit: 1024,
  requestTimeout: 9_000,
  connectionTimeout: 60_000,
  keepAliveTimeout: 5_000,
  http: { maxHeaderSize: 8192, headersTimeout: 4_000, connectionsCheckingInterval: 2_000 },
};
const maxConnections = 256;

const refuseSchema = () => {
  throw new Error('routes of this server have no schemas');
};
/** In place of fastify's own compilers of schemas, 220 modules, which it loads whether a route has a schema or not. */
const schemaController = {
  compilersFactory: { buildValidator: refuseSchema, buildSerializer: refuseSchema },
};

/**
 * A server with /healthz and /readyz, to which a process adds its own routes before `listen`. It answers only
 * requests whose Host header names it, and where there is a token, only those that have it, but for these two routes
 * and others that are public. A browser that has been given a session may read.
 * Throws SETTINGS when the token is missing that the address needs.
 */
export function createHttpServer(
  settings: HttpSettings,
  health: Health,
  access: Access = accessOf(settings),
): FastifyInstance {
  const isOurs = hostCheck(settings);
  const isAllowed = ({ method, headers: { authorization, cookie } }: FastifyRequest) =>
    access.hasToken(authorization) || (method === 'GET' && access.hasSession(cookie));
  const server = Fastify({ ...limits, schemaController, forceCloseConnections: true });
  server.server.maxConnections = maxConnections;

  server.addHook('onRequest', async (request, reply) => {
    reply.headers(headers);
    if (!isOurs(request.hostname)) {
      const error = 'this server does not go by that name; see PORT_TICKER_HTTP_ALLOWED_HOSTS';
      return reply.code(421).send({ error });
    }
    const isPublic = request.routeOptions.config.isPublic === true;
    if (!isPublic && !isAllowed(request)) {
      const error =
        'this server wants the token in its PORT_TICKER_HTTP_TOKEN_FILE: Authorization: Bearer TOKEN';
      return reply.code(401).header('www-authenticate', 'Bearer').send({ error });
    }
    return undefined;
  });
  const isPublic = { config: { isPublic: true } };
  server.get('/healthz', isPublic, async (_, reply) => {
    const stalled = health.stalled();
    const isHealthy = stalled.length === 0;
    return reply.code(isHealthy ? 200 : 503).send({ status: isHealthy ? 'ok' : 'stalled', stalled });
  });
  server.get('/readyz', isPublic, async (_, reply) => {
    const waitingFor = health.waitingFor();
    const isReady = waitingFor.length === 0;
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ok' : 'waiting', waitingFor });
  });
  return server;
}

/** Begins to listen and returns the address, "http://127.0.0.1:8480". Throws LISTEN. */
export async function listen(server: FastifyInstance, { host, port }: HttpSettings): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (cause) {
    throw new TickerError(`cannot serve HTTP on ${host} port ${port}`, {
      code: 'LISTEN',
      remedy: 'choose another with PORT_TICKER_HTTP_HOST and …_HTTP_PORT',
      cause,
    });
  }
}
