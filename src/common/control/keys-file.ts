import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { TickerError } from '../errors.ts';
import type { SignatureSettings } from '../settings/fragments.ts';
import { type AllowedKey, AllowList } from './allow-list.ts';
import { allSensors, commandNames } from './records.ts';
import { publicKeyOf } from './signature.ts';

/** What the ids of keys match. */
export const keyId = /^[A-Za-z0-9._-]{1,64}$/;

/** The allow-list of the settings; null when signatures are ignored. Throws SETTINGS, also when none is named. */
export function allowListOf({ mode, keysFile }: SignatureSettings): AllowList | null {
  if (mode === 'off') return null;
  if (keysFile !== null) return readAllowList(keysFile);
  throw new TickerError(`signatures are set to ${mode}, but there is no allow-list of keys`, {
    code: 'SETTINGS',
    remedy: 'set PORT_TICKER_SIGNATURE_KEYS_FILE',
  });
}

/**
 * Reads {"keys":[{"id","publicKey","commands","sensors","notAfter","role"}]}. What is left out gives no right; the
 * role is operator unless it says consumer. Throws SETTINGS that names the entry that is wrong.
 */
export function readAllowList(file: string): AllowList {
  const entries: unknown = parse(file)['keys'];
  if (!Array.isArray(entries)) throw wrongFile(file, 'it has no list "keys"');
  const keys = entries.map((entry, index) => allowedKey(entry, file, index));
  const ids = new Set<string>();
  for (const { id } of keys) {
    if (ids.has(id)) throw wrongFile(file, `the id ${id} is there twice`);
    ids.add(id);
  }
  return new AllowList(keys);
}

function parse(file: string): Readonly<Record<string, unknown>> {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof content === 'object' && content !== null) return { ...content };
  } catch (cause) {
    throw new TickerError(`cannot read the allow-list ${file}`, {
      code: 'SETTINGS',
      remedy: 'give PORT_TICKER_SIGNATURE_KEYS_FILE a readable JSON file',
      cause,
    });
  }
  throw wrongFile(file, 'it holds no JSON object');
}

function allowedKey(entry: unknown, file: string, index: number): AllowedKey {
  const wrong = (what: string) => wrongFile(file, `${what} of key ${index + 1}`);
  if (typeof entry !== 'object' || entry === null) throw wrong('the entry');
  const { id, publicKey, commands, sensors, notAfter, role, ...unknown }: Record<string, unknown> = {
    ...entry,
  };
  const [stray] = Object.keys(unknown);
  if (stray !== undefined) throw wrong(`the unknown field ${stray}`);
  if (typeof id !== 'string' || !keyId.test(id)) throw wrong('the id');
  if (role !== undefined && role !== 'operator' && role !== 'consumer') throw wrong('the role');
  return {
    id,
    publicKey: parsedKey(publicKey, () => wrong('the publicKey')),
    commands: words(commands, [allSensors, ...commandNames], () => wrong('the commands')),
    sensors: words(sensors, undefined, () => wrong('the sensors')),
    notAfter: time(notAfter, () => wrong('the notAfter')),
    role: role ?? 'operator',
  };
}

function parsedKey(pem: unknown, wrong: () => TickerError): KeyObject {
  if (typeof pem !== 'string') throw wrong();
  try {
    const key = publicKeyOf(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // the remedy is the same
  }
  throw wrong();
}

function words(
  value: unknown,
  known: readonly string[] | undefined,
  wrong: () => TickerError,
): readonly string[] {
  if (value === undefined) return [];
  const isWord = (each: unknown) => typeof each === 'string' && (known?.includes(each) ?? true);
  if (!Array.isArray(value) || !value.every(isWord)) throw wrong();
  return value;
}

function time(value: unknown, wrong: () => TickerError): number | null {
  if (value === undefined || value === null) return null;
  const parsed = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(parsed)) throw wrong();
  return parsed;
}

function wrongFile(file: string, what: string): TickerError {
  return new TickerError(`the allow-list ${file} is wrong: ${what}`, {
    code: 'SETTINGS',
    remedy: 'see docs/control.md for its format',
  });
}
