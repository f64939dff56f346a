import kafkajs from 'kafkajs';
import { TickerError } from '../errors.ts';

/** A kafkajs error in the words of this project. `brokers` as in the settings. */
export function kafkaProblem(error: unknown, brokers: readonly string[]): TickerError {
  if (error instanceof TickerError) return error;
  const cause = root(error);
  const where = brokers.join(', ');
  if (cause instanceof kafkajs.KafkaJSSASLAuthenticationError) {
    return new TickerError(`Kafka at ${where} refuses the login`, {
      code: 'KAFKA_ACCESS',
      remedy: 'check PORT_TICKER_KAFKA_SASL_MECHANISM, …_USERNAME and …_PASSWORD_FILE',
      retriable: true,
      cause,
    });
  }
  if (isUnreachable(cause)) {
    return new TickerError(`Kafka at ${where} cannot be reached`, {
      code: 'KAFKA_UNREACHABLE',
      remedy: 'check that it runs and PORT_TICKER_KAFKA_BROKERS',
      retriable: true,
      cause,
    });
  }
  if (cause instanceof kafkajs.KafkaJSProtocolError && cause.type.endsWith('AUTHORIZATION_FAILED')) {
    return new TickerError(`Kafka at ${where} refuses access`, {
      code: 'KAFKA_ACCESS',
      remedy:
        'give its user the right to create, describe, read and write the topics of PORT_TICKER_TOPIC_PREFIX',
      retriable: true,
      cause,
    });
  }
  return new TickerError(`Kafka at ${where} failed`, { code: 'KAFKA', remedy: '', retriable: true, cause });
}

function isUnreachable(error: unknown): boolean {
  return (
    error instanceof kafkajs.KafkaJSConnectionError ||
    error instanceof kafkajs.KafkaJSRequestTimeoutError ||
    error instanceof kafkajs.KafkaJSBrokerNotFound ||
    error instanceof kafkajs.KafkaJSLockTimeout
  );
}

/** What kafkajs wraps when it gives up retrying, or when several topics fail together. */
function root(error: unknown): unknown {
  if (error instanceof kafkajs.KafkaJSAggregateError) return root(error.errors[0]);
  const wraps =
    error instanceof kafkajs.KafkaJSNumberOfRetriesExceeded ||
    error instanceof kafkajs.KafkaJSNonRetriableError;
  return wraps && error.cause instanceof Error ? root(error.cause) : error;
}
