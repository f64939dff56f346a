import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { keyId } from '../common/control/keys-file.ts';
import { TickerError } from '../common/errors.ts';
import { type ExitCode, exit } from './exit.ts';
import { usage } from './options.ts';
import { note } from './output.ts';

/** A new key is good for a year. */
const days = 365;

/**
 * Makes a key that signs commands: the private one into a new file that only its owner can read, the entry for the
 * consumers' list of keys on stdout. Throws USAGE for a name that no key can have, KEY_FILE when it cannot be written.
 */
export function keygen(file: string): ExitCode {
  const id = idOf(file);
  const { privateKey, publicKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  write(file, privateKey);
  const notAfter = new Date(Date.now() + days * 86_400_000).toISOString();
  const entry = { id, publicKey, commands: ['*'], sensors: ['*'], notAfter, role: 'operator' };
  process.stdout.write(`${JSON.stringify(entry, null, 2)}\n`);
  note(
    `${file} is the private key: keep it. Put the entry among the keys in PORT_TICKER_SIGNATURE_KEYS_FILE.`,
  );
  return exit.done;
}

/** The name of the file without .pem. */
function idOf(file: string): string {
  const id = basename(file, '.pem');
  if (keyId.test(id)) return id;
  throw usage(`"${id}" is no name for a key`, 'let the file match [A-Za-z0-9._-]{1,64}');
}

function write(file: string, pem: string): void {
  try {
    writeFileSync(file, pem, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw new TickerError(`cannot write the key to ${file}`, {
      code: 'KEY_FILE',
      remedy: 'name a new file in a folder that can be written',
      cause,
    });
  }
}
