import { basename } from 'node:path';
import { TickerError } from '../errors.ts';
import { readSecret } from '../secret.ts';
import { keyId } from './keys-file.ts';
import { privateKeyOf, type Signer } from './signature.ts';

/** A private key for signing; its id is the file's name without ".pem". Throws SETTINGS. */
export function readSigner(file: string, setting: string): Signer {
  const id = basename(file, '.pem');
  if (!keyId.test(id)) {
    throw new TickerError(`the file name ${id} is no name for a key`, {
      code: 'SETTINGS',
      remedy: `let the file of ${setting} match [A-Za-z0-9._-]{1,64}`,
    });
  }
  try {
    const privateKey = privateKeyOf(readSecret(file, setting));
    if (privateKey.asymmetricKeyType === 'ed25519') return { keyId: id, privateKey };
  } catch (cause) {
    if (cause instanceof TickerError) throw cause;
  }
  throw new TickerError(`${file} holds no Ed25519 private key`, {
    code: 'SETTINGS',
    remedy: `make one for ${setting} with ticker_ctl keygen`,
  });
}
