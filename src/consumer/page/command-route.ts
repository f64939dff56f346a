import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type ControlCommand, noArguments } from '../../common/control/records.ts';
import { describe, TickerError } from '../../common/errors.ts';
import type { Answers, Asker } from '../control/ask.ts';
import { orderOf } from '../control/order.ts';
import type { Permission } from './changes.ts';

/**
 * POST /api/commands takes {sensor, command: "set-threshold", threshold} or {sensor, command: "ignore-add", source}, and
 * answers {answers: […], missing: […]}: what the consumer and the sensors have said, and who has not. It needs the token in
 * the Authorization header, which no page of another origin can send.
 */
export function addCommandRoute(
  server: FastifyInstance,
  asker: Pick<Asker, 'ask'>,
  permission: Permission,
): void {
  server.post('/api/commands', async (request, reply) => {
    if (!permission.isGiven) return reply.code(403).send({ error: permission.reason });
    if (isForeign(request)) return reply.code(403).send({ error: 'this comes from another origin' });
    try {
      const command = commandOf(request.body);
      orderOf(command, command.sensor);
      return told(await asker.ask(command));
    } catch (error) {
      if (!(error instanceof TickerError)) throw error;
      return reply.code(error.retriable ? 503 : 400).send({ error: describe(error) });
    }
  });
}

/** True for a request that a page of another origin has made a browser send. */
function isForeign({ headers }: FastifyRequest): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return headers['sec-fetch-site'] === 'cross-site';
  return !URL.canParse(origin) || new URL(origin).host !== host;
}

/** Only its shape is looked at here. Throws COMMAND. */
function commandOf(body: unknown): ControlCommand {
  const given: Record<string, unknown> = typeof body === 'object' && body !== null ? { ...body } : {};
  const { sensor, command, threshold, source } = given;
  if (typeof sensor !== 'string') throw wrong('the sensor is missing');
  const named = { id: randomUUID(), sensor, issuedAt: Date.now(), expiresAt: null, ...noArguments };
  if (command === 'set-threshold' && typeof threshold === 'number') return { ...named, command, threshold };
  if (command === 'ignore-add' && typeof source === 'string')
    return { ...named, command, prefixes: [source] };
  throw wrong('it is neither set-threshold with a threshold nor ignore-add with a source');
}

function told({ results, missing }: Answers) {
  const answers = results.map(({ sensor, status, reason }) => ({ sensor, status, reason }));
  return { answers, missing };
}

function wrong(message: string): TickerError {
  return new TickerError(message, { code: 'COMMAND', remedy: 'other commands are for ticker_ctl' });
}
