import kafkajs from 'kafkajs';
import { TickerError } from '../errors.ts';
import { causeOf } from './causes.ts';
import { tlsTrouble } from './tls-trouble.ts';

/** What an action was about, by name: Kafka's answer says only of which kind it is that it refuses. */
export interface Subject {
  topic?: string;
  group?: string;
  transactionalId?: string;
}

const allow = 'allow its user what docs/operations.md lists for this program';

/** A kafkajs error in the words of this project. `brokers` as in the settings. */
export function kafkaProblem(error: unknown, brokers: readonly string[], subject: Subject = {}): TickerError {
  if (error instanceof TickerError) return error;
  const original = root(error);
  const problem = (what: string, code: string, remedy: string, cause = original) =>
    new TickerError(`Kafka at ${brokers.join(', ')} ${what}`, { code, remedy, retriable: true, cause });

  if (original instanceof kafkajs.KafkaJSSASLAuthenticationError) {
    const remedy = 'check PORT_TICKER_KAFKA_SASL_MECHANISM, …_USERNAME and …_PASSWORD_FILE';
    return problem('refuses the login', 'KAFKA_ACCESS', remedy);
  }
  if (original instanceof kafkajs.KafkaJSConnectionError) {
    const trouble = tlsTrouble(original);
    if (trouble !== undefined) return problem(trouble.what, 'KAFKA_TLS', trouble.remedy, trouble.cause);
  }
  if (isUnreachable(original)) {
    const remedy = `check that it runs and PORT_TICKER_KAFKA_BROKERS${hangsUp(original) ? ports : ''}`;
    return problem('cannot be reached', 'KAFKA_UNREACHABLE', remedy);
  }
  if (original instanceof kafkajs.KafkaJSProtocolError && original.type.endsWith('AUTHORIZATION_FAILED')) {
    return problem(`refuses access to ${refused(original, subject)}`, 'KAFKA_ACCESS', allow);
  }
  if (original instanceof kafkajs.KafkaJSGroupCoordinatorNotFound) {
    // kafkajs keeps to itself why.
    const remedy = `${allow}, or wait while the brokers start`;
    return problem(`names no coordinator of ${coordinated(subject)}`, 'KAFKA', remedy);
  }
  const cause = original instanceof kafkajs.KafkaJSProtocolError && causeOf(original.type, subject.topic);
  if (cause) return problem(cause.what, cause.code, cause.remedy);
  return problem('failed', 'KAFKA', '');
}

function isUnreachable(error: unknown): boolean {
  return (
    error instanceof kafkajs.KafkaJSConnectionError ||
    error instanceof kafkajs.KafkaJSRequestTimeoutError ||
    error instanceof kafkajs.KafkaJSBrokerNotFound ||
    error instanceof kafkajs.KafkaJSLockTimeout
  );
}

const ports = ', and whether its port wants TLS or a login (PORT_TICKER_KAFKA_SSL, …_SASL_MECHANISM)';

/** A port that wants another protocol is closed without a word, as a broker that goes down closes it. */
function hangsUp(error: unknown): boolean {
  if (!(error instanceof kafkajs.KafkaJSConnectionError)) return false;
  const code = Reflect.get(error, 'code');
  return code === undefined || code === 'ECONNRESET';
}

function refused(error: { type: string }, { topic, group, transactionalId }: Subject): string {
  if ('topic' in error) return `the topic ${error.topic}`; // kafkajs names only the one that it could not create
  const kinds: Readonly<Record<string, string | undefined>> = {
    TOPIC_AUTHORIZATION_FAILED: topic && `the topic ${topic}`,
    GROUP_AUTHORIZATION_FAILED: group && `the group ${group}`,
    TRANSACTIONAL_ID_AUTHORIZATION_FAILED: transactionalId && `the transactional id ${transactionalId}`,
  };
  return kinds[error.type] ?? 'something';
}

function coordinated({ group, transactionalId }: Subject): string {
  const names = [group && `the group ${group}`, transactionalId && `the transactional id ${transactionalId}`];
  return names.filter(Boolean).join(' or ');
}

/** What kafkajs wraps when it gives up retrying, or when several topics fail together. */
function root(error: unknown): unknown {
  if (error instanceof kafkajs.KafkaJSAggregateError) return root(error.errors[0]);
  const wraps =
    error instanceof kafkajs.KafkaJSNumberOfRetriesExceeded ||
    error instanceof kafkajs.KafkaJSNonRetriableError;
  return wraps && error.cause instanceof Error ? root(error.cause) : error;
}
