import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AllowedKey } from '../../src/common/control/allow-list.ts';
import { allowListOf, readAllowList } from '../../src/common/control/keys-file.ts';
import type { ControlCommand } from '../../src/common/control/records.ts';
import { signatureHeader, signatureOf } from '../../src/common/control/signature.ts';
import { readSigner } from '../../src/common/control/signing-key.ts';
import { describe } from '../../src/common/errors.ts';
import { SignatureGuard } from '../../src/consumer/control/guard.ts';
import type { ControlRecord } from '../../src/consumer/control/judge.ts';
import { commandCodec, controlCommand, controlRecord } from '../helpers/commands.ts';
import { allowed, allowList, keyPair } from '../helpers/keys.ts';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';
import { silent } from '../helpers/topics.ts';

const appendedAt = 1_780_000_000_000;
const minute = 60_000;
const ops = keyPair('ops');
const stranger = keyPair('stranger');
const consumer = keyPair('consumer-1');

function guard(mode: 'off' | 'warn' | 'require', ...keys: AllowedKey[]): SignatureGuard {
  return new SignatureGuard({
    mode,
    keys: mode === 'off' ? null : allowList(...keys, allowed(consumer, { role: 'consumer' })),
    signer: consumer.signer,
    controlTopic: 'port-ticker.control',
    configTopic: 'port-ticker.config',
    logger: silent,
  });
}

/** A record with a command, signed. */
function signed(command: ControlCommand, { signer } = ops, key = command.sensor): ControlRecord {
  const value = commandCodec.encode(command);
  const signature = signatureOf({ topic: 'port-ticker.control', key, value }, signer);
  return controlRecord(value, { key, appendedAt, signature });
}

function issued(given: Partial<ControlCommand> = {}): ControlCommand {
  return controlCommand({ threshold: 1, issuedAt: appendedAt - 1_000, ...given });
}

function refusal(record: ControlRecord, command: ControlCommand, ...keys: AllowedKey[]): string {
  const strict = guard('require', ...keys);
  try {
    strict.authorise(record, command);
  } catch (error) {
    assert.equal(strict.problems, 1);
    return describe(error);
  }
  return '';
}

test('a command that is signed by a key of the list is let through', () => {
  const command = issued();
  assert.equal(refusal(signed(command), command, allowed(ops)), '');
});

test('what is not signed, by a stranger, or not exactly so is refused', () => {
  const command = issued();
  const right = signed(command);
  const cases: [ControlRecord, RegExp][] = [
    [{ ...right, signature: undefined }, /it is not signed – sign it/],
    [{ ...right, signature: 'ops:AAAA' }, /its signature is malformed/],
    [{ ...right, signature: right.signature?.replace('ops:', 'none:') }, /the key none is unknown/],
    [signed(command, { ...stranger, signer: { ...stranger.signer, keyId: 'ops' } }), /not what the key ops/],
    [{ ...right, key: '*' }, /not what the key ops has signed/],
    [{ ...right, value: commandCodec.encode({ ...command, threshold: 2 }) }, /not what the key ops has/],
    [signed(command, consumer), /has not the role operator/],
  ];
  for (const [record, message] of cases) assert.match(refusal(record, command, allowed(ops)), message);
});

test('a signature for one topic is none for another', () => {
  const command = issued();
  const value = commandCodec.encode(command);
  const signature = signatureOf({ topic: 'other.control', key: 'edge1', value }, ops.signer);
  const record = controlRecord(value, { key: 'edge1', appendedAt, signature });
  assert.match(refusal(record, command, allowed(ops)), /not what the key ops has signed/);
});

test('a key has the rights that the list gives it, until it ends', () => {
  const few = { commands: ['set-icmp', 'explain'], sensors: ['edge2', 'edge1'] };
  const cases: [Partial<ControlCommand>, Partial<AllowedKey>, RegExp][] = [
    [{ command: 'set-icmp', threshold: null }, few, /^$/],
    [{}, few, /the key ops has no right to set-threshold/],
    [{}, { ...few, commands: [] }, /no right to set-threshold/],
    [{ sensor: 'edge3' }, { sensors: ['edge1'] }, /no right to command edge3/],
    [{ sensor: '*' }, { sensors: ['edge1'] }, /no right to command \*/],
    [{}, { notAfter: appendedAt }, /^$/],
    [{}, { notAfter: appendedAt - 1 }, /the key ops ended on 2026-/],
  ];
  for (const [given, rights, message] of cases) {
    const command = issued(given);
    assert.match(refusal(signed(command), command, allowed(ops, rights)), message);
  }
});

test('a signed command is valid around the time when the broker appends it, for an hour at most', () => {
  const cases: [Partial<ControlCommand>, RegExp][] = [
    [{ issuedAt: null }, /it has no issuedAt/],
    [{ issuedAt: appendedAt + 5 * minute }, /^$/],
    [{ issuedAt: appendedAt + 5 * minute + 1 }, /issued in the future/],
    [{ issuedAt: appendedAt - 5 * minute }, /^$/],
    [{ issuedAt: appendedAt - 5 * minute - 1 }, /too long after it was issued/],
    [{ issuedAt: appendedAt - 60 * minute, expiresAt: appendedAt }, /^$/],
    [{ issuedAt: appendedAt - 60 * minute, expiresAt: appendedAt + 1 }, /valid for too long/],
    [{ issuedAt: appendedAt - 31 * minute, expiresAt: appendedAt - minute }, /too long after/],
  ];
  for (const [given, message] of cases) {
    const command = issued(given);
    assert.match(refusal(signed(command), command, allowed(ops)), message);
  }
});

test('with warn nothing is refused but all is counted; with off nothing is looked at', () => {
  const lenient = guard('warn', allowed(ops));
  const command = issued();
  lenient.authorise({ ...signed(command), signature: undefined }, command);
  lenient.authorise(signed(command, stranger), command);
  lenient.authorise(signed(command), command);
  assert.equal(lenient.problems, 2);
  const blind = guard('off');
  blind.authorise({ ...signed(command), signature: 'x' }, command);
  assert.equal(blind.problems, 0);
});

test('where signatures are required a configuration record is trusted only from a consumer', () => {
  const strict = guard('require', allowed(ops));
  const value = Buffer.from('any');
  const record = (signer: typeof ops.signer | null) => {
    const headers =
      signer === null
        ? {}
        : {
            [signatureHeader]: Buffer.from(
              signatureOf({ topic: 'port-ticker.config', key: 'edge1', value }, signer),
            ),
          };
    return { offset: 0n, timestamp: appendedAt, key: Buffer.from('edge1'), value, headers };
  };
  assert.equal(strict.trust(record(consumer.signer)), true);
  assert.throws(() => strict.trust(record(ops.signer)), { message: /has not the role consumer/ });
  assert.throws(() => strict.trust(record(null)), { message: /not signed/ });
  assert.equal(guard('warn').trust(record(null)), false);
  assert.equal(guard('off').trust(record(null)), true);
});

test('a consumer that requires signatures needs a key that the list has as a consumer', () => {
  const options = {
    mode: 'require',
    keys: allowList(allowed(ops), allowed(consumer)),
    controlTopic: 'c',
    configTopic: 'd',
    logger: silent,
  } as const;
  for (const signer of [null, consumer.signer, { ...stranger.signer, keyId: 'consumer-1' }]) {
    assert.throws(() => new SignatureGuard({ ...options, signer }), {
      code: 'SETTINGS',
      remedy: /PORT_TICKER_SIGNING_KEY_FILE/,
    });
  }
});

test('the allow-list is a file, and what is wrong in it is named', (t) => {
  const directory = temporaryDirectory('port-ticker-keys-');
  t.after(() => directory.remove());
  const file = join(directory.path, 'keys.json');
  const read = (...keys: object[]) => {
    writeFileSync(file, JSON.stringify({ keys }));
    return readAllowList(file);
  };
  const { publicKey } = ops;
  const list = read(
    { id: 'ops', publicKey, commands: ['*'], sensors: ['edge1'], notAfter: '2027-01-01T00:00:00Z' },
    { id: 'consumer-1', publicKey: consumer.publicKey, role: 'consumer' },
  );
  assert.equal(list.has(consumer.signer, 'consumer'), true);
  assert.equal(list.has(ops.signer, 'consumer'), false);
  const command = issued();
  const { key, value, signature } = signed(command);
  const record = { topic: 'port-ticker.control', key, value: value ?? Buffer.alloc(0) };
  const found = list.signerOf(record, signature, 'operator', appendedAt);
  assert.deepEqual([found.commands, found.sensors, found.notAfter], [['*'], ['edge1'], Date.UTC(2027, 0, 1)]);

  const good = { id: 'ops', publicKey, commands: ['*'], sensors: ['*'] };
  for (const [wrong, message] of [
    [{ ...good, id: 'a b' }, /the id of key 1/],
    [{ ...good, publicKey: ops.privateKey.slice(40) }, /the publicKey of key 1/],
    [{ ...good, commands: ['reboot'] }, /the commands of key 1/],
    [{ ...good, sensors: '*' }, /the sensors of key 1/],
    [{ ...good, notAfter: 'tomorrow' }, /the notAfter of key 1/],
    [{ ...good, role: 'root' }, /the role of key 1/],
    [{ ...good, right: 'all' }, /the unknown field right of key 1/],
  ] as const) {
    assert.throws(() => read(wrong), { code: 'SETTINGS', message });
  }
  assert.throws(() => read(good, good), { message: /the id ops is there twice/ });
  writeFileSync(file, '{');
  assert.throws(() => readAllowList(file), { code: 'SETTINGS', message: /cannot read the allow-list/ });
  assert.equal(allowListOf({ mode: 'off', keysFile: null }), null);
  assert.throws(() => allowListOf({ mode: 'warn', keysFile: null }), { code: 'SETTINGS' });
});

test('a signing key has the name of its file', (t) => {
  const directory = temporaryDirectory('port-ticker-keys-');
  t.after(() => directory.remove());
  const file = join(directory.path, 'consumer-1.pem');
  writeFileSync(file, consumer.privateKey);
  assert.equal(readSigner(file, 'X').keyId, 'consumer-1');
  writeFileSync(file, 'no key');
  assert.throws(() => readSigner(file, 'X'), { code: 'SETTINGS', message: /holds no Ed25519 private key/ });
  assert.throws(() => readSigner(join(directory.path, 'a b.pem'), 'X'), { code: 'SETTINGS' });
  assert.throws(() => readSigner(join(directory.path, 'none.pem'), 'X'), { code: 'SETTINGS', remedy: /X/ });
});
