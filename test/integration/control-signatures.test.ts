import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ControlCommand } from '../../src/common/control/records.ts';
import { signatureHeader, signatureOf } from '../../src/common/control/signature.ts';
import { exitCodes } from '../../src/common/errors.ts';
import { brokerOfFile } from '../helpers/broker-of-file.ts';
import { commandCodec, controlCommand } from '../helpers/commands.ts';
import { ControlTopicsOfTest } from '../helpers/control-topics.ts';
import { allowed, allowList, type KeyPair, keyPair, signatureFiles } from '../helpers/keys.ts';
import { Service } from '../helpers/service.ts';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';

const broker = brokerOfFile();

const ops = keyPair('ops');
const consumerKey = keyPair('consumer-1');
const stranger = keyPair('stranger');

/** A consumer that requires signatures. */
async function scene(t: TestContext) {
  const topics = await ControlTopicsOfTest.create(t, broker.brokers);
  const directory = temporaryDirectory('port-ticker-keys-');
  t.after(() => directory.remove());
  const signatures = signatureFiles(directory.path, ops, consumerKey);
  const start = async (more: Record<string, string> = {}) => {
    const settings = { KAFKA_BROKERS: broker.brokers, TOPIC_PREFIX: topics.prefix, ...signatures, ...more };
    const consumer = new Service(t, 'consumer', settings);
    await consumer.ready();
    return consumer;
  };
  return { topics, start };
}

async function sendSigned(
  topics: ControlTopicsOfTest,
  command: ControlCommand,
  { signer }: KeyPair,
): Promise<void> {
  const value = commandCodec.encode(command);
  const key = command.sensor;
  const signature = signatureOf({ topic: `${topics.prefix}.control`, key, value }, signer);
  await topics.write(value, { key, headers: { [signatureHeader]: signature } });
}

function command(given: Partial<ControlCommand> = {}): ControlCommand {
  return controlCommand({ threshold: 7, issuedAt: Date.now(), ...given });
}

test('where signatures are required only signed commands are accepted, once, also across a restart', async (t) => {
  const { topics, start } = await scene(t);
  const first = await start();
  const good = command();
  const unsigned = command();
  const foreign = command();
  const old = command({ issuedAt: Date.now() - 6 * 60_000 });
  await sendSigned(topics, good, ops);
  await topics.send(unsigned);
  await sendSigned(topics, foreign, stranger);
  await sendSigned(topics, old, ops);
  await sendSigned(topics, good, ops);
  const results = await topics.answered(5);
  assert.deepEqual(
    results.map(({ commandId, status, reason }) => [commandId, status, reason?.split(' – ')[0]]),
    [
      [good.id, 'ACCEPTED', 'no sensor edge1 has been seen yet: the command waits for it'],
      [unsigned.id, 'REJECTED', 'it is not signed'],
      [foreign.id, 'REJECTED', 'the key stranger is unknown'],
      [old.id, 'REJECTED', 'it was sent too long after it was issued'],
      [good.id, 'DUPLICATE', 'a command with this id has been answered ACCEPTED'],
    ],
  );
  assert.match(await first.get('/metrics'), /^port_ticker_command_signature_problems_total 3$/m);
  assert.equal(await first.stop(), 0);

  await start();
  await sendSigned(topics, good, ops);
  assert.equal((await topics.answered(6)).at(-1)?.status, 'DUPLICATE');
});

test('every configuration record is signed by the consumer, and one that is not is no configuration', async (t) => {
  const { topics, start } = await scene(t);
  const first = await start();
  await sendSigned(topics, command(), ops);
  await sendSigned(topics, command({ threshold: null, command: 'ignore-add', prefixes: ['192.0.2.1'] }), ops);
  await topics.answered(2);
  assert.equal(await first.stop(), 0);

  const trusted = allowList(allowed(consumerKey, { role: 'consumer' }));
  const records = await topics.configRecords();
  assert.ok(records.length >= 2);
  for (const { key, value, headers } of records) {
    const record = { topic: `${topics.prefix}.config`, key, value };
    trusted.signerOf(record, headers[signatureHeader]?.toString(), 'consumer', Date.now());
  }

  const config = (await topics.configs()).get('edge1');
  assert.ok(config !== undefined);
  await topics.forgeConfig({ ...config, threshold: { value: 4_000_000, offset: 999 }, version: 1 });
  const second = await start();
  await second.program.says(/of 1 keys of .*config the newest record is not signed by a consumer/);
  await second.program.says(/signed 1 records of .*config again/);
  assert.equal((await topics.configs()).get('edge1')?.threshold?.value, 7);
  await sendSigned(topics, command({ threshold: null, command: 'set-icmp', icmpEnable: true }), ops);
  await topics.answered(3);
  const after = (await topics.configs()).get('edge1');
  assert.deepEqual([after?.threshold?.value, after?.icmpEnable?.value], [7, true]);
});

test('what was configured before signatures were switched on is signed by a consumer that only warns', async (t) => {
  const { topics, start } = await scene(t);
  const first = await start({ SIGNATURES: 'off', SIGNING_KEY_FILE: '' });
  await topics.send(controlCommand({ threshold: 300 }));
  await topics.send(controlCommand({ command: 'ignore-add', prefixes: ['192.0.2.1'] }));
  await topics.answered(2);
  assert.equal(await first.stop(), 0);

  const second = await start({ SIGNATURES: 'warn' });
  await second.program.says(/signed 2 records of .*config again/);
  assert.equal(await second.stop(), 0);

  const third = await start();
  await sendSigned(topics, command({ threshold: null, command: 'set-icmp', icmpEnable: true }), ops);
  await topics.answered(3);
  const config = (await topics.configs()).get('edge1');
  assert.deepEqual([config?.threshold?.value, config?.icmpEnable?.value], [300, true]);
  assert.doesNotMatch(third.program.stdout, /not signed|again/);
});

test('a consumer that requires signatures and cannot sign itself ends with one line', async (t) => {
  const directory = temporaryDirectory('port-ticker-keys-');
  t.after(() => directory.remove());
  const { SIGNING_KEY_FILE: _, ...signatures } = signatureFiles(directory.path, ops, consumerKey);
  const { program } = new Service(t, 'consumer', { KAFKA_BROKERS: broker.brokers, ...signatures });
  assert.equal(await program.exit(), exitCodes.SETTINGS);
  assert.match(program.stderr, /^signatures are required, but .* – set PORT_TICKER_SIGNING_KEY_FILE.*\n$/);
});
