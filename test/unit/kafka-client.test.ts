import assert from 'node:assert/strict';
import { test } from 'node:test';
import kafkajs from 'kafkajs';
import { describe } from '../../src/common/errors.ts';
import { createKafka } from '../../src/common/kafka/client.ts';
import { kafkaProblem } from '../../src/common/kafka/problem.ts';
import { kafkaError } from '../helpers/kafka-errors.ts';
import { kafkaSettings, silent } from '../helpers/topics.ts';

const brokers = ['k1:9092', 'k2:9092'];

for (const [what, argv, message] of [
  [
    'a CA file that is not there',
    ['--kafka-ssl', '--kafka-ssl-ca-file', '/nowhere/ca.pem'],
    /\/nowhere\/ca\.pem.*SSL_CA_FILE/,
  ],
  [
    'a login without a user',
    ['--kafka-sasl-mechanism', 'scram-sha-256'],
    /needs a user name and a password.*SASL_USERNAME/,
  ],
  [
    'a password file that is not there',
    [
      '--kafka-sasl-mechanism',
      'plain',
      '--kafka-sasl-username',
      'u',
      '--kafka-sasl-password-file',
      '/nowhere/pw',
    ],
    /\/nowhere\/pw.*SASL_PASSWORD_FILE/,
  ],
] as const) {
  test(`${what} is a settings error with its remedy`, () => assertRefused(argv, message));
}

test('a broker that cannot be reached is named, through all that kafkajs wraps around it', () => {
  const connection = new kafkajs.KafkaJSConnectionError('Connection error: connect ECONNREFUSED', {
    code: 'ECONNREFUSED',
  });
  const wrapped = new kafkajs.KafkaJSNumberOfRetriesExceeded(connection, { retryCount: 5, retryTime: 300 });
  const problem = kafkaProblem(wrapped, brokers);
  assert.deepEqual([problem.code, problem.retriable], ['KAFKA_UNREACHABLE', true]);
  assert.match(
    describe(problem),
    /^Kafka at k1:9092, k2:9092 cannot be reached: .*ECONNREFUSED – .*KAFKA_BROKERS/,
  );
});

test('a refused login is told apart from a broker that is away', () => {
  const problem = kafkaProblem(
    Reflect.construct(kafkajs.KafkaJSSASLAuthenticationError, ['bad password']),
    brokers,
  );
  assert.equal(problem.code, 'KAFKA_ACCESS');
  assert.match(describe(problem), /refuses the login: bad password – .*SASL/);
});

test('an error of our own stays what it is', () => {
  const problem = kafkaProblem(new Error('unheard of'), brokers);
  assert.equal(kafkaProblem(problem, brokers), problem);
  assert.match(describe(problem), /failed: unheard of/);
});

for (const [what, argv, message] of [
  [
    'files for TLS without TLS',
    ['--kafka-ssl-ca-file', import.meta.filename],
    /TLS is off – set PORT_TICKER_KAFKA_SSL=true/,
  ],
  [
    'a CA file without a certificate',
    ['--kafka-ssl', '--kafka-ssl-ca-file', import.meta.filename],
    /kafka-client\.test\.ts holds no certificate: .* – check PORT_TICKER_KAFKA_SSL_CA_FILE/,
  ],
  [
    'a client certificate without its key',
    ['--kafka-ssl', '--kafka-ssl-cert-file', import.meta.filename],
    /belong together – check PORT_TICKER_KAFKA_SSL_CERT_FILE/,
  ],
] as const) {
  test(`${what} is a settings error with its remedy`, () => assertRefused(argv, message));
}

for (const [type, said] of [
  [
    'UNKNOWN_TOPIC_OR_PARTITION',
    /has no topic t: .* – create it, or restart port-ticker-consumer, which does/,
  ],
  ['NOT_ENOUGH_REPLICAS', /has too few in-sync replicas of t: .* – bring the missing brokers back/],
  ['MESSAGE_TOO_LARGE', /finds records for t too large: .* – raise max\.message\.bytes/],
  ['INVALID_RECORD', /finds records for t invalid: .* – look into the brokers' log/],
  ['INVALID_TIMESTAMP', /refuses the times of records for t: .* – set this machine's clock/],
  ['KAFKA_STORAGE_ERROR', /cannot write t to its disk: .* – free or mend the disk/],
] as const) {
  test(`${type} is named with its remedy, and may work later`, () => {
    const problem = kafkaProblem(kafkaError(type), brokers, { topic: 't' });
    assert.equal(problem.retriable, true);
    assert.match(describe(problem), said);
  });
}

function assertRefused(argv: readonly string[], message: RegExp): void {
  assert.throws(
    () => createKafka(kafkaSettings('k1:9092', 'test', ...argv), silent, 'test'),
    (error: unknown) => {
      assert.match(describe(error), message);
      return true;
    },
  );
}
