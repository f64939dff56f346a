import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AllowedKey, AllowList } from '../../src/common/control/allow-list.ts';
import { publicKeyOf, type Signer } from '../../src/common/control/signature.ts';

/** A fresh Ed25519 key pair. */
export interface KeyPair {
  signer: Signer;
  /** PEM. */
  publicKey: string;
  privateKey: string;
}

export function keyPair(keyId: string): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    signer: { keyId, privateKey },
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** An entry of the allow-list with all rights, with what a test changes in it. */
export function allowed(pair: KeyPair, changed: Partial<AllowedKey> = {}): AllowedKey {
  return {
    id: pair.signer.keyId,
    publicKey: publicKeyOf(pair.publicKey),
    commands: ['*'],
    sensors: ['*'],
    notAfter: null,
    role: 'operator',
    ...changed,
  };
}

export function allowList(...keys: AllowedKey[]): AllowList {
  return new AllowList(keys);
}

/** Writes the files that a consumer needs to require signatures, and returns its settings. */
export function signatureFiles(folder: string, operator: KeyPair, consumer: KeyPair): Record<string, string> {
  const keys = [
    { id: operator.signer.keyId, publicKey: operator.publicKey, commands: ['*'], sensors: ['*'] },
    { id: consumer.signer.keyId, publicKey: consumer.publicKey, role: 'consumer' },
  ];
  const keysFile = join(folder, 'keys.json');
  const signingKeyFile = join(folder, `${consumer.signer.keyId}.pem`);
  writeFileSync(keysFile, JSON.stringify({ keys }));
  writeFileSync(signingKeyFile, consumer.privateKey, { mode: 0o600 });
  return { SIGNATURES: 'require', SIGNATURE_KEYS_FILE: keysFile, SIGNING_KEY_FILE: signingKeyFile };
}
