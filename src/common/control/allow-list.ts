import { createPublicKey, type KeyObject } from 'node:crypto';
import { TickerError } from '../errors.ts';
import { isSignedBy, parseSignature, type SignedRecord, type Signer } from './signature.ts';

/** operator: may send commands; consumer: may write the configuration. */
export type KeyRole = 'operator' | 'consumer';

/** One entry of the allow-list. */
export interface AllowedKey {
  id: string;
  publicKey: KeyObject;
  /** Names of the commands it may send; * is all. */
  commands: readonly string[];
  /** Ids of the sensors it may command; * is all, and needed for commands to all. */
  sensors: readonly string[];
  /** Valid until then, ms since 1970; null: for ever. */
  notAfter: number | null;
  role: KeyRole;
}

/** The keys whose signatures count. */
export class AllowList {
  readonly #keys: ReadonlyMap<string, AllowedKey>;

  /** Precondition: the ids differ. */
  constructor(keys: Iterable<AllowedKey>) {
    this.#keys = new Map(Array.from(keys, (key) => [key.id, key]));
  }

  /**
   * The key that has signed a record, by the text of its header. `at`: ms since 1970, when the record was made.
   * Throws SIGNATURE when none has that is on the list, valid then and of this role.
   */
  signerOf(record: SignedRecord, header: string | undefined, role: KeyRole, at: number): AllowedKey {
    if (header === undefined) throw refused('it is not signed', 'sign it with a key of the allow-list');
    const parsed = parseSignature(header);
    if (parsed === undefined)
      throw refused('its signature is malformed', 'write KEY-ID:BASE64 into the header');
    const key = this.#keys.get(parsed.keyId);
    if (key === undefined) {
      throw refused(
        `the key ${parsed.keyId} is unknown`,
        'add it to the file of PORT_TICKER_SIGNATURE_KEYS_FILE',
      );
    }
    if (!isSignedBy(record, parsed.signature, key.publicKey)) {
      throw refused(`it is not what the key ${key.id} has signed`, 'sign exactly the bytes that are sent');
    }
    if (key.role !== role) throw refused(`the key ${key.id} has not the role ${role}`, 'use another key');
    if (key.notAfter !== null && at > key.notAfter) {
      throw refused(`the key ${key.id} ended on ${new Date(key.notAfter).toISOString()}`, 'use a newer key');
    }
    return key;
  }

  /** True when a private key's public half is on the list, under its id and with this role. */
  has(signer: Signer, role: KeyRole): boolean {
    const key = this.#keys.get(signer.keyId);
    return key?.role === role && key.publicKey.equals(createPublicKey(signer.privateKey));
  }
}

function refused(message: string, remedy: string): TickerError {
  return new TickerError(message, { code: 'SIGNATURE', remedy });
}
