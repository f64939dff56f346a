import { X509Certificate } from 'node:crypto';
import { type ConnectionOptions, createSecureContext } from 'node:tls';
import { TickerError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { readSecret } from '../secret.ts';
import type { KafkaSettings } from '../settings/fragments.ts';

/**
 * Whom a client trusts and by what it is known; null when it does not talk TLS. A certificate that has expired is only
 * warned of: the broker has the last word. Throws SETTINGS when a file cannot be read or holds something else.
 */
export function tls(
  { ssl, sslCaFile, sslCertFile, sslKeyFile }: KafkaSettings['kafka'],
  logger: Logger,
): ConnectionOptions | null {
  if (!ssl) {
    if ([sslCaFile, sslCertFile, sslKeyFile].every((file) => file === null)) return null;
    throw new TickerError('files for TLS to Kafka are named, but TLS is off', {
      code: 'SETTINGS',
      remedy: 'set PORT_TICKER_KAFKA_SSL=true, or name none',
    });
  }
  const options: ConnectionOptions = {};
  if (sslCaFile !== null) {
    options.ca = readSecret(sslCaFile, 'PORT_TICKER_KAFKA_SSL_CA_FILE');
    parse(options.ca, sslCaFile, 'PORT_TICKER_KAFKA_SSL_CA_FILE');
  }
  if (sslCertFile === null && sslKeyFile === null) return options;
  if (sslCertFile === null || sslKeyFile === null) {
    throw wrong('a client certificate and its key belong together', 'PORT_TICKER_KAFKA_SSL_CERT_FILE');
  }
  options.cert = readSecret(sslCertFile, 'PORT_TICKER_KAFKA_SSL_CERT_FILE');
  options.key = readSecret(sslKeyFile, 'PORT_TICKER_KAFKA_SSL_KEY_FILE');
  const { validTo } = parse(options.cert, sslCertFile, 'PORT_TICKER_KAFKA_SSL_CERT_FILE');
  try {
    createSecureContext({ cert: options.cert, key: options.key });
  } catch (cause) {
    throw wrong(`${sslKeyFile} is not the key of ${sslCertFile}`, 'PORT_TICKER_KAFKA_SSL_KEY_FILE', cause);
  }
  if (Date.parse(validTo) < Date.now())
    logger.warn(`the client certificate ${sslCertFile} expired on ${validTo}`);
  return options;
}

/** The first certificate of a file. */
function parse(text: string, file: string, setting: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (cause) {
    throw wrong(`${file} holds no certificate`, setting, cause);
  }
}

function wrong(what: string, setting: string, cause?: unknown): TickerError {
  const remedy = `check ${setting}: PEM files are expected`;
  return new TickerError(what, { code: 'SETTINGS', remedy, cause });
}
