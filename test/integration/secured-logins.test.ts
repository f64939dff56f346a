import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { describe, TickerError } from '../../src/common/errors.ts';
import { createKafka } from '../../src/common/kafka/client.ts';
import { prepareTopics } from '../../src/common/kafka/topics.ts';
import type { Right } from '../helpers/acls.ts';
import { Authority } from '../helpers/certificates.ts';
import { type SecuredKafka, startSecuredKafka } from '../helpers/secured-kafka.ts';
import { kafkaSettings, silent } from '../helpers/topics.ts';

let kafka: SecuredKafka;
let stranger: Authority;
before(async () => {
  kafka = await startSecuredKafka();
  stranger = new Authority(kafka.directory, 'stranger');
  const create: Right = {
    ...{ client: 'producer', resource: 'topic', name: 'events' },
    ...{ operations: ['Create', 'Write', 'DescribeConfigs'], reason: 'log in and do something' },
  };
  await kafka.grant('test', [create]);
});
after(() => kafka.close());

/** Logs in and does something that needs a right. */
async function connect(env: Readonly<Record<string, string>>): Promise<void> {
  const { KAFKA_BROKERS = '', ...others } = env;
  const argv = Object.entries(others).map(
    ([name, value]) => `--${name.toLowerCase().replaceAll('_', '-')}=${value}`,
  );
  const settings = kafkaSettings(KAFKA_BROKERS, 'test', ...argv);
  await prepareTopics(createKafka(settings, silent, 'test', { retries: 0 }), settings, ['events']);
}

for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
  test(`a client logs in over TLS with a password by ${mechanism}`, () =>
    connect(kafka.login('producer', mechanism)));

  test(`a wrong password is told without showing it, by ${mechanism}`, async () => {
    const file = join(kafka.directory, 'wrong');
    writeFileSync(file, 'hunter2-is-wrong\n');
    await assert.rejects(
      connect({ ...kafka.login('producer', mechanism), KAFKA_SASL_PASSWORD_FILE: file }),
      (error) => {
        assert.match(describe(error), /refuses the login: .* – check PORT_TICKER_KAFKA_SASL_MECHANISM/);
        assert.ok(!JSON.stringify(error, everything(error)).includes('hunter2'));
        return error instanceof TickerError && error.code === 'KAFKA_ACCESS';
      },
    );
  });
}

test('a client proves by its certificate who it is', () =>
  connect(kafka.certificate(kafka.authority.certify('producer'))));

for (const [what, env, code, message] of [
  [
    'a broker whose certificate has expired',
    () => kafka.certificate(kafka.authority.certify('producer'), 'EXPIRED'),
    'KAFKA_TLS',
    /certificate that is not valid at this time: certificate has expired – renew/,
  ],
  [
    'a broker whose certificate is for another host',
    () => kafka.certificate(kafka.authority.certify('producer'), 'MISNAMED'),
    'KAFKA_TLS',
    /certificate of another host: .* 127\.0\.0\.1 .* – name the brokers in PORT_TICKER_KAFKA_BROKERS/,
  ],
  [
    'a broker of an unknown authority',
    () => ({ ...kafka.login('producer'), KAFKA_SSL_CA_FILE: stranger.certificate }),
    'KAFKA_TLS',
    /certificate of an unknown authority: .* – check PORT_TICKER_KAFKA_SSL_CA_FILE/,
  ],
  [
    'a client certificate that has expired',
    () => kafka.certificate(kafka.authority.certify('late', { days: -1 })),
    'KAFKA_TLS',
    /refuses this client's certificate: .* – check that PORT_TICKER_KAFKA_SSL_CERT_FILE/,
  ],
  [
    'a client certificate of an unknown authority',
    () => kafka.certificate(stranger.certify('producer')),
    'KAFKA_TLS',
    /refuses this client's certificate: .* – check that PORT_TICKER_KAFKA_SSL_CERT_FILE/,
  ],
  [
    'a client without a certificate where one is wanted',
    () => ({
      ...kafka.login('producer'),
      KAFKA_BROKERS: kafka.address('CERTIFICATE'),
      KAFKA_SASL_MECHANISM: '',
    }),
    'KAFKA_TLS',
    /refuses this client's certificate: .* – check that PORT_TICKER_KAFKA_SSL_CERT_FILE/,
  ],
  [
    "another certificate's key",
    () => {
      const { certificate } = kafka.authority.certify('producer');
      return kafka.certificate({ certificate, key: kafka.authority.certify('other').key });
    },
    'SETTINGS',
    /other\.key is not the key of .*producer\.pem: .* – check PORT_TICKER_KAFKA_SSL_KEY_FILE/,
  ],
  [
    'a client that does not log in where it should',
    () => ({ ...kafka.login('producer'), KAFKA_SASL_MECHANISM: '' }),
    'KAFKA_UNREACHABLE',
    /whether its port wants TLS or a login/,
  ],
  [
    'a client without TLS where there should be some',
    () => ({ KAFKA_BROKERS: kafka.address('LOGIN') }),
    'KAFKA_UNREACHABLE',
    /whether its port wants TLS or a login/,
  ],
  [
    'a client with TLS where there should be none',
    () => ({ ...kafka.login('producer'), KAFKA_BROKERS: kafka.admin.brokers }),
    'KAFKA_UNREACHABLE',
    /whether its port wants TLS or a login/,
  ],
  [
    'a user without any right',
    () => kafka.login('ticker_ctl'),
    'KAFKA_ACCESS',
    /refuses access to the topic test\.events: .* – allow its user what docs\/operations\.md lists/,
  ],
] as const) {
  test(`${what} is told in one line with its remedy`, async () => {
    await assert.rejects(connect(env()), (error) => {
      assert.match(describe(error), message);
      assert.doesNotMatch(describe(error), /\n/);
      return error instanceof TickerError && error.code === code;
    });
  });
}

/** For JSON.stringify: what is not enumerable, too, as stacks and causes. */
function everything(error: unknown): string[] {
  return error instanceof Error ? [...Object.getOwnPropertyNames(error), ...everything(error.cause)] : [];
}
