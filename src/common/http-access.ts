import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { TickerError } from './errors.ts';
import { readSecret } from './secret.ts';
import type { HttpSettings } from './settings/fragments.ts';

/** A token that can be guessed is none: as many characters as 80 random bits take in hexadecimal. */
const shortestToken = 20;

const loopback = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/**
 * Tells whether a Host header, without its port, names this server. A web page that rebinds its own name to this
 * address is not answered; addresses cannot be rebound, so on a wildcard address, whose addresses are many, each is good.
 */
export function hostCheck({ host, allowedHosts }: HttpSettings): (hostname: string) => boolean {
  const isWildcard = host === '0.0.0.0' || host === '::';
  const allowed = new Set(['localhost', '127.0.0.1', '[::1]', bracketed(host), ...allowedHosts].map(lower));
  return (hostname) => allowed.has(lower(hostname)) || (isWildcard && isAddress(hostname));
}

/**
 * Tells whether an Authorization header has the token of the settings; without a token everybody may ask. Throws
 * SETTINGS where there must be one: on whatever is not loopback.
 */
export function tokenCheck({
  host,
  tokenFile,
}: HttpSettings): (authorization: string | undefined) => boolean {
  if (tokenFile === null) {
    if (loopback.test(lower(host))) return () => true;
    throw new TickerError(`HTTP on ${host} can be reached from elsewhere, and has no token`, {
      code: 'SETTINGS',
      remedy: 'set PORT_TICKER_HTTP_TOKEN_FILE, or PORT_TICKER_HTTP_HOST=127.0.0.1',
    });
  }
  const token = readSecret(tokenFile, 'PORT_TICKER_HTTP_TOKEN_FILE');
  if (token.length < shortestToken) {
    throw new TickerError(`the token in ${tokenFile} has fewer than ${shortestToken} characters`, {
      code: 'SETTINGS',
      remedy: `make another: openssl rand -hex 32 > ${tokenFile}`,
    });
  }
  const wanted = digest(`Bearer ${token}`);
  return (authorization) => timingSafeEqual(digest(authorization ?? ''), wanted);
}

/** Of one length, whatever was sent: so that comparing takes the same time. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function isAddress(hostname: string): boolean {
  return isIP(hostname) !== 0 || (hostname.startsWith('[') && isIP(hostname.slice(1, -1)) === 6);
}

function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

function lower(name: string): string {
  return name.toLowerCase();
}
