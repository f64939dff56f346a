import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/**
 * Ed25519 over a context string, the topic, the record's key and its exact bytes, each preceded by its length, so that
 * a signature for one record is none for any other. It travels in a header: KEY-ID:BASE64.
 */
export const signatureHeader = 'port-ticker-signature';

const context = 'port-ticker signature v1';

export interface SignedRecord {
  topic: string;
  key: string;
  value: Buffer;
}

export interface Signer {
  keyId: string;
  privateKey: KeyObject;
}

/** The text of the header. */
export function signatureOf(record: SignedRecord, { keyId, privateKey }: Signer): string {
  return `${keyId}:${sign(null, message(record), privateKey).toString('base64')}`;
}

/** Splits the header's text; undefined when it is none. */
export function parseSignature(header: string): { keyId: string; signature: Buffer } | undefined {
  const match = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9+/]{86}==)$/.exec(header);
  return match?.[1] === undefined || match[2] === undefined
    ? undefined
    : { keyId: match[1], signature: Buffer.from(match[2], 'base64') };
}

export function isSignedBy(record: SignedRecord, signature: Buffer, publicKey: KeyObject): boolean {
  return verify(null, message(record), publicKey, signature);
}

/** From PEM. */
export function privateKeyOf(pem: string): KeyObject {
  return createPrivateKey(pem);
}

/** From PEM. */
export function publicKeyOf(pem: string): KeyObject {
  return createPublicKey(pem);
}

function message({ topic, key, value }: SignedRecord): Buffer {
  const parts = [Buffer.from(context), Buffer.from(topic), Buffer.from(key), value];
  return Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(part.length);
      return [length, part];
    }),
  );
}
