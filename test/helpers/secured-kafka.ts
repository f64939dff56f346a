import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { type Client, type Right, rights } from './acls.ts';
import { Authority, type Certificate } from './certificates.ts';
import { freePort } from './free-port.ts';
import { type Kafka, startKafka } from './kafka.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { kafkaClient } from './topics.ts';

const clients: readonly Client[] = ['producer', 'consumer', 'ticker_ctl'];
const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
export type Mechanism = (typeof mechanisms)[number];

/** Listeners beside that of the administrator: what their certificates are worth, and how clients prove who they are. */
const listeners = ['LOGIN', 'CERTIFICATE', 'EXPIRED', 'MISNAMED'] as const;
export type Listener = (typeof listeners)[number];

/**
 * A real broker that lets nobody in who cannot say who he is, and lets nobody do what no ACL allows; the listener
 * `admin`, on loopback as all, is the administrator's. Everything goes with close().
 */
export interface SecuredKafka {
  readonly admin: Kafka;
  readonly authority: Authority;
  /** For the test's own files. */
  readonly directory: string;
  /** Passwords, and nothing else: whatever is printed must have none of them. */
  readonly passwords: readonly string[];
  address(listener: Listener): string;
  /** The settings, without PORT_TICKER_, with which a program logs in by a password. */
  login(client: Client, mechanism?: Mechanism): Record<string, string>;
  /** The settings with which one proves by a certificate who one is. */
  certificate(files: Certificate, listener?: Listener): Record<string, string>;
  /** Gives or takes rights on the topics, groups and transactional ids of a prefix. */
  grant(prefix: string, some?: readonly Right[]): Promise<void>;
  revoke(prefix: string, some: readonly Right[]): Promise<void>;
  close(): Promise<void>;
}

export async function startSecuredKafka(): Promise<SecuredKafka> {
  const files = temporaryDirectory('port-ticker-secured-');
  const directory = files.path;
  const authority = new Authority(directory, 'authority');
  const passwords = new Map(clients.map((client) => [client, `secret-${randomBytes(12).toString('hex')}`]));
  for (const [client, password] of passwords) writeFileSync(join(directory, client), `${password}\n`);
  const addresses = new Map<Listener, string>();
  for (const listener of listeners) addresses.set(listener, `127.0.0.1:${await freePort()}`);
  const address = (listener: Listener) => addresses.get(listener) ?? '';
  let admin: Kafka;
  try {
    admin = await startKafka({
      listeners: listeners.map((listener) => `${listener}://${address(listener)}`),
      properties: properties(directory, authority, passwords),
      formatArguments: [...passwords].flatMap(scramUsers),
      javaOptions: [`-Dlog4j2.configurationFile=${auditLog(directory)}`],
    });
  } catch (error) {
    await files.remove();
    throw error;
  }
  const trust = { KAFKA_SSL: 'true', KAFKA_SSL_CA_FILE: authority.certificate };
  return {
    admin,
    authority,
    directory,
    passwords: [...passwords.values()],
    address,
    login: (client, mechanism = 'SCRAM-SHA-512') => ({
      ...trust,
      KAFKA_BROKERS: address('LOGIN'),
      KAFKA_SASL_MECHANISM: mechanism.toLowerCase(),
      KAFKA_SASL_USERNAME: client,
      KAFKA_SASL_PASSWORD_FILE: join(directory, client),
    }),
    certificate: ({ certificate, key }, listener = 'CERTIFICATE') => ({
      ...trust,
      KAFKA_BROKERS: address(listener),
      KAFKA_SSL_CERT_FILE: certificate,
      KAFKA_SSL_KEY_FILE: key,
    }),
    grant: (prefix, some = rights) => change(admin.brokers, prefix, some, 'grant'),
    revoke: (prefix, some) => change(admin.brokers, prefix, some, 'revoke'),
    async close() {
      await admin.close();
      await files.remove();
    },
  };
}

/** What the broker has been asked for by a client, "Read topic events", and whether it was allowed. */
export function decisions({ admin }: SecuredKafka, client: Client, prefix: string) {
  const line =
    /Principal = User:(\S+) is (Allowed|Denied) operation = (\S+) .* on resource = (\w+):LITERAL:(\S+)/;
  const found = { allowed: new Set<string>(), denied: new Set<string>() };
  for (const text of admin.log.split('\n')) {
    const [, user, verdict, operation, kind = '', name = ''] = line.exec(text) ?? [];
    if (user !== client || !name.startsWith(`${prefix}.`)) continue;
    const asked = `${operation} ${kind} ${name.slice(prefix.length + 1)}`;
    found[verdict === 'Allowed' ? 'allowed' : 'denied'].add(asked);
  }
  return found;
}

/** SCRAM users are part of the data directory. */
function scramUsers([name, password]: [Client, string]): string[] {
  return mechanisms
    .filter((mechanism) => mechanism !== 'PLAIN')
    .flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${name},password=${password}]`]);
}

function properties(
  directory: string,
  authority: Authority,
  passwords: ReadonlyMap<Client, string>,
): string[] {
  const modules = 'org.apache.kafka.common.security';
  const users = Array.from(passwords, ([name, password]) => `user_${name}="${password}"`).join(' ');
  const scram = `${modules}.scram.ScramLoginModule required;`;
  return [
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,LOGIN:SASL_SSL,CERTIFICATE:SSL,EXPIRED:SSL,MISNAMED:SSL',
    'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users=User:ANONYMOUS', // of the listeners without a login: the administrator's, and the controller's
    'ssl.principal.mapping.rules=RULE:^CN=([^,]*).*$/$1/',
    `sasl.enabled.mechanisms=${mechanisms.join(',')}`,
    `listener.name.login.plain.sasl.jaas.config=${modules}.plain.PlainLoginModule required ${users};`,
    `listener.name.login.scram-sha-256.sasl.jaas.config=${scram}`,
    `listener.name.login.scram-sha-512.sasl.jaas.config=${scram}`,
    'listener.name.certificate.ssl.client.auth=required',
    'ssl.truststore.type=PEM',
    `ssl.truststore.location=${authority.certificate}`,
    'ssl.keystore.type=PEM',
    `ssl.keystore.location=${keyStore(directory, 'broker', authority.certify('broker'))}`,
    `listener.name.expired.ssl.keystore.location=${keyStore(directory, 'expired', authority.certify('expired', { days: -1 }))}`,
    `listener.name.misnamed.ssl.keystore.location=${keyStore(directory, 'misnamed', authority.certify('misnamed', { hosts: ['DNS:elsewhere.example'] }))}`,
  ];
}

/** Kafka wants key and certificate in one file. */
function keyStore(directory: string, name: string, { certificate, key }: Certificate): string {
  const file = join(directory, `${name}.store.pem`);
  writeFileSync(file, readFileSync(key, 'utf8') + readFileSync(certificate, 'utf8'));
  return file;
}

/** Every decision about access is logged. */
function auditLog(directory: string): string {
  const file = join(directory, 'log4j2.properties');
  const lines = [
    'appender.console.type=Console',
    'appender.console.name=console',
    'appender.console.layout.type=PatternLayout',
    'appender.console.layout.pattern=%p %m%n',
    'rootLogger.level=WARN',
    'rootLogger.appenderRef.console.ref=console',
    'logger.access.name=kafka.authorizer.logger',
    'logger.access.level=DEBUG',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

async function change(
  brokers: string,
  prefix: string,
  some: readonly Right[],
  how: 'grant' | 'revoke',
): Promise<void> {
  const entries = some.flatMap((right) => entriesOf(prefix, right));
  const admin = kafkaClient(brokers).admin();
  try {
    await admin.connect();
    if (how === 'grant') await admin.createAcls({ acl: entries });
    else await admin.deleteAcls({ filters: entries });
  } finally {
    await admin.disconnect();
  }
}

function entriesOf(prefix: string, { client, resource, name, operations }: Right) {
  const resourceType = {
    topic: kafkajs.AclResourceTypes.TOPIC,
    group: kafkajs.AclResourceTypes.GROUP,
    'transactional id': kafkajs.AclResourceTypes.TRANSACTIONAL_ID,
  }[resource];
  const operation = {
    Read: kafkajs.AclOperationTypes.READ,
    Write: kafkajs.AclOperationTypes.WRITE,
    Create: kafkajs.AclOperationTypes.CREATE,
    DescribeConfigs: kafkajs.AclOperationTypes.DESCRIBE_CONFIGS,
  };
  return operations.map((each) => ({
    resourceType,
    resourceName: `${prefix}.${name}`,
    resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL,
    principal: `User:${client}`,
    host: '*',
    operation: operation[each],
    permissionType: kafkajs.AclPermissionTypes.ALLOW,
  }));
}
