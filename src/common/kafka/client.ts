import kafkajs, { type Kafka, type KafkaConfig, type LogEntry, type SASLOptions } from 'kafkajs';
import { TickerError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { readSecret } from '../secret.ts';
import { type KafkaSettings, saslMechanisms } from '../settings/fragments.ts';
import { tls } from './tls.ts';
import { registerCodecs } from './traps/codecs.ts';
import { stopIdleTimers } from './traps/idle-timer.ts';
import { refuseManyHeaders } from './traps/many-headers.ts';
import { forgetStaleBytes } from './traps/stale-bytes.ts';
import { noteThrottling } from './traps/throttle.ts';
import { checkTimeoutsSeldom } from './traps/timeout-check.ts';
import { passUnreadableBatches } from './traps/unreadable-batch.ts';

export interface ClientOptions {
  /** How often kafkajs repeats what failed before it throws; each pause is twice the one before. */
  retries?: number;
  /** The first of these pauses, ms. */
  firstPause?: number;
}

/** A kafkajs client of the settings. Throws SETTINGS when a file that they name is not what it should be. */
export function createKafka(
  { kafka }: Pick<KafkaSettings, 'kafka'>,
  logger: Logger,
  clientId: string,
  { retries = 5, firstPause = 300 }: ClientOptions = {},
): Kafka {
  stopIdleTimers();
  checkTimeoutsSeldom();
  forgetStaleBytes();
  noteThrottling();
  registerCodecs();
  refuseManyHeaders();
  passUnreadableBatches();
  const config: KafkaConfig = {
    clientId,
    brokers: kafka.brokers,
    connectionTimeout: 5_000,
    authenticationTimeout: 5_000,
    requestTimeout: 15_000,
    retry: { retries, initialRetryTime: firstPause },
    logLevel: levelFor(logger),
    logCreator: () => (entry) => translate(entry, logger),
  };
  const ssl = tls(kafka, logger);
  if (ssl !== null) config.ssl = ssl;
  const sasl = login(kafka, logger);
  if (sasl !== null) config.sasl = sasl;
  return new kafkajs.Kafka(config);
}

function login(
  { ssl, saslMechanism, saslUsername, saslPasswordFile }: KafkaSettings['kafka'],
  logger: Logger,
): SASLOptions | null {
  const mechanism = saslMechanisms.find((known) => known === saslMechanism);
  if (mechanism === undefined) return null;
  if (saslUsername === null || saslPasswordFile === null) {
    throw new TickerError(`the login mechanism ${mechanism} needs a user name and a password`, {
      code: 'SETTINGS',
      remedy: 'set PORT_TICKER_KAFKA_SASL_USERNAME and PORT_TICKER_KAFKA_SASL_PASSWORD_FILE',
    });
  }
  const password = readSecret(saslPasswordFile, 'PORT_TICKER_KAFKA_SASL_PASSWORD_FILE');
  if (mechanism === 'plain' && !ssl)
    logger.warn('the password for Kafka goes over the network as it is, without TLS');
  // One object for each mechanism: kafkajs types them apart.
  if (mechanism === 'plain') return { mechanism, username: saslUsername, password };
  if (mechanism === 'scram-sha-256') return { mechanism, username: saslUsername, password };
  return { mechanism, username: saslUsername, password };
}

/**
 * kafkajs reports each of its retries as an error, also those of the first seconds of a broker ("coordinator is
 * loading"). What it cannot mend it throws, and whoever catches that says it once; its own lines are for debugging.
 */
function translate({ namespace, level, log }: LogEntry, logger: Logger): void {
  const { message, timestamp: _, logger: __, stack: ___, ...details } = log;
  const line = `${namespace === '' ? '' : `[${namespace}] `}${message}`;
  if (level === kafkajs.logLevel.DEBUG) logger.trace(details, line);
  else logger.debug(details, line);
}

function levelFor(logger: Logger): number {
  if (logger.isLevelEnabled('trace')) return kafkajs.logLevel.DEBUG;
  return logger.isLevelEnabled('debug') ? kafkajs.logLevel.INFO : kafkajs.logLevel.NOTHING;
}
