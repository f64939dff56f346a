import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
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

/** Who may ask. */
export interface Access {
  /** False: everybody. */
  readonly wantsToken: boolean;
  /** True for an Authorization header with the token; without a token for any. */
  hasToken(authorization: string | undefined): boolean;
  /** True for a Cookie header of a browser that was given the session. It is good for reading only. */
  hasSession(cookie: string | undefined): boolean;
  /** The Set-Cookie header for a browser whose user has entered the token; undefined for another text. */
  sessionFor(token: string): string | undefined;
}

/** Throws SETTINGS where there must be a token and is none: on whatever is not loopback. */
export function accessOf({ host, tokenFile }: HttpSettings): Access {
  if (tokenFile !== null) return accessBy(tokenIn(tokenFile));
  if (loopback.test(lower(host))) return forEverybody;
  throw new TickerError(`HTTP on ${host} can be reached from elsewhere, and has no token`, {
    code: 'SETTINGS',
    remedy: 'set PORT_TICKER_HTTP_TOKEN_FILE, or PORT_TICKER_HTTP_HOST=127.0.0.1',
  });
}

const forEverybody: Access = {
  wantsToken: false,
  hasToken: () => true,
  hasSession: () => true,
  sessionFor: () => undefined,
};

const cookieName = 'port-ticker-session';

/** The session is derived from the token: it is forgotten with the browser, and is void with another token. */
function accessBy(token: string): Access {
  const wanted = digest(`Bearer ${token}`);
  const session = createHmac('sha256', token).update(cookieName).digest('hex');
  const wantedSession = digest(session);
  const hasToken = (authorization = '') => timingSafeEqual(digest(authorization), wanted);
  return {
    wantsToken: true,
    hasToken,
    hasSession: (cookie = '') => timingSafeEqual(digest(valueIn(cookie)), wantedSession),
    sessionFor: (given) =>
      hasToken(`Bearer ${given}`) ? `${cookieName}=${session}; Path=/; HttpOnly; SameSite=Strict` : undefined,
  };
}

function valueIn(cookie: string): string {
  const start = `${cookieName}=`;
  const found = cookie.split(';').find((part) => part.trim().startsWith(start));
  return found?.trim().slice(start.length) ?? '';
}

function tokenIn(file: string): string {
  const token = readSecret(file, 'PORT_TICKER_HTTP_TOKEN_FILE');
  if (token.length >= shortestToken) return token;
  throw new TickerError(`the token in ${file} has fewer than ${shortestToken} characters`, {
    code: 'SETTINGS',
    remedy: `make another: openssl rand -hex 32 > ${file}`,
  });
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
