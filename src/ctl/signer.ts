import { basename } from 'node:path';
import { privateKeyOf, type Signer } from '../common/control/signature.ts';
import { readSecret } from '../common/secret.ts';
import { usage } from './options.ts';

/** The key of a file that keygen has made; the file's name without .pem is its id. Throws USAGE and SETTINGS. */
export function readSigner(file: string): Signer {
  const keyId = keyIdOf(file);
  const pem = readSecret(file, '--key');
  try {
    const privateKey = privateKeyOf(pem);
    if (privateKey.asymmetricKeyType === 'ed25519') return { keyId, privateKey };
  } catch {
    // the remedy is the same
  }
  throw usage(`--key: ${file} holds no Ed25519 private key`, 'make one with ticker_ctl keygen FILE');
}

/** Throws USAGE when the name of the file cannot be one of a key. */
export function keyIdOf(file: string): string {
  const id = basename(file, '.pem');
  if (/^[A-Za-z0-9._-]{1,64}$/.test(id)) return id;
  throw usage(`the name of a key must match [A-Za-z0-9._-]{1,64}: "${id}"`, 'rename the file');
}
