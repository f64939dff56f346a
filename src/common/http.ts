import { isIP } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { TickerError } from './errors.ts';
import type { HttpSettings } from './settings/fragments.ts';

export interface Health {
  /** The parts whose Kafka client hung and was given up, until its successor works; none when all is well. */
  stalled(): string[];
  /** What the process still waits for; none when it does its work. */
  waitingFor(): string[];
}

const headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/**
 * A server with /healthz and /readyz, to which a process adds its own routes before `listen`. It answers only
 * requests whose Host header names it: a web page that rebinds its name to this address learns nothing.
 */
export function createHttpServer(settings: HttpSettings, health: Health): FastifyInstance {
  const server = Fastify({ bodyLimit: 1024, requestTimeout: 10_000, forceCloseConnections: true });
  const isAllowed = hostCheck(settings);

  server.addHook('onRequest', async (request, reply) => {
    reply.headers(headers);
    if (!isAllowed(request.hostname)) {
      await reply
        .code(421)
        .send({ error: 'this server does not go by that name; see PORT_TICKER_HTTP_ALLOWED_HOSTS' });
    }
  });
  server.get('/healthz', async (_, reply) => {
    const stalled = health.stalled();
    const isHealthy = stalled.length === 0;
    return reply.code(isHealthy ? 200 : 503).send({ status: isHealthy ? 'ok' : 'stalled', stalled });
  });
  server.get('/readyz', async (_, reply) => {
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

/** On a wildcard address the names are unknown: there every name is allowed, unless some are configured. */
function hostCheck({ host, allowedHosts }: HttpSettings): (hostname: string) => boolean {
  const isWildcard = host === '0.0.0.0' || host === '::';
  if (isWildcard && allowedHosts.length === 0) return () => true;
  const allowed = new Set(['localhost', '127.0.0.1', '[::1]', bracketed(host), ...allowedHosts].map(lower));
  return (hostname) => allowed.has(lower(hostname));
}

function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

function lower(name: string): string {
  return name.toLowerCase();
}
