import type { AllowedKey, AllowList } from '../../common/control/allow-list.ts';
import { checkConfigSignature } from '../../common/control/config-signature.ts';
import { allSensors, type ControlCommand } from '../../common/control/records.ts';
import type { Signer } from '../../common/control/signature.ts';
import { describe, TickerError } from '../../common/errors.ts';
import type { TopicRecord } from '../../common/kafka/cluster.ts';
import { type Logger, warnOfFirst } from '../../common/logger.ts';
import type { SignatureMode } from '../../common/settings/fragments.ts';
import type { ControlRecord } from './judge.ts';

/** How far clocks of senders may be off, and how long an unlimited command may be on its way; ms. */
const window = 5 * 60_000;
/** No command may be valid for longer; ms. */
const longestLifetime = 60 * 60_000;

interface Options {
  mode: SignatureMode;
  /** Null when signatures are off. */
  keys: AllowList | null;
  signer: Signer | null;
  controlTopic: string;
  configTopic: string;
  logger: Logger;
}

/** Holds records against the allow-list of keys. */
export class SignatureGuard {
  readonly #options: Options;
  #problems = 0;

  /** Throws SETTINGS when what this consumer writes would not be trusted by itself. */
  constructor(options: Options) {
    this.#options = options;
    const { mode, keys, signer } = options;
    if (mode !== 'require' || (signer !== null && keys?.has(signer, 'consumer') === true)) return;
    throw new TickerError(
      signer === null
        ? 'signatures are required, but this consumer has no key to sign the configuration with'
        : `the allow-list has no key ${signer.keyId} with the role consumer and this public key`,
      { code: 'SETTINGS', remedy: 'set PORT_TICKER_SIGNING_KEY_FILE to a key that is on the list' },
    );
  }

  /** Commands that were refused, or with `warn` would have been. */
  get problems(): number {
    return this.#problems;
  }

  /** Throws SIGNATURE when the command is not signed by somebody who may send it, and signatures are required. */
  authorise(record: ControlRecord, command: ControlCommand): void {
    const { mode, keys, logger } = this.#options;
    if (keys === null) return;
    try {
      checkTimes(command, record.appendedAt);
      checkRights(this.#signerOf(record, keys), command);
    } catch (error) {
      if (!(error instanceof TickerError)) throw error;
      this.#problems += 1;
      if (mode === 'require') throw error;
      const line = `the command ${command.id} at offset ${record.offset}: ${describe(error)}`;
      warnOfFirst(logger, this.#problems === 1, line);
    }
  }

  /**
   * True when a record of the config topic is signed by a consumer, or need not be. Throws SIGNATURE when it is not,
   * and signatures are required.
   */
  trust(record: TopicRecord): boolean {
    const { mode, keys, configTopic } = this.#options;
    if (keys === null) return true;
    try {
      checkConfigSignature(keys, configTopic, record);
      return true;
    } catch (error) {
      if (mode === 'require' || !(error instanceof TickerError)) throw error;
      return false;
    }
  }

  #signerOf({ key, value, signature, appendedAt }: ControlRecord, keys: AllowList): AllowedKey {
    const record = { topic: this.#options.controlTopic, key, value: value ?? Buffer.alloc(0) };
    return keys.signerOf(record, signature, 'operator', appendedAt);
  }
}

/**
 * A signed command can be replayed only while it is valid, and its id is remembered for longer. Judged by the time
 * when the broker appended it, not by when it is read: an outage refuses nothing.
 */
function checkTimes({ issuedAt, expiresAt }: ControlCommand, appendedAt: number): void {
  if (issuedAt === null) throw refused('it has no issuedAt', 'a signed command must have one');
  const lifetime = expiresAt === null ? window : expiresAt - issuedAt;
  if (lifetime > longestLifetime) {
    throw refused('it is valid for too long', 'let expiresAt be at most an hour after issuedAt');
  }
  if (issuedAt > appendedAt + window) throw refused('it was issued in the future', 'set the clock right');
  if (appendedAt > issuedAt + Math.max(lifetime, window)) {
    throw refused('it was sent too long after it was issued', 'sign it again, or set the clock right');
  }
}

function checkRights({ id, commands, sensors }: AllowedKey, { command, sensor }: ControlCommand): void {
  if (!commands.includes(allSensors) && !commands.includes(command)) {
    throw refused(`the key ${id} has no right to ${command}`, 'use another key');
  }
  if (!sensors.includes(allSensors) && !sensors.includes(sensor)) {
    throw refused(`the key ${id} has no right to command ${sensor}`, 'use another key');
  }
}

function refused(message: string, remedy: string): TickerError {
  return new TickerError(message, { code: 'SIGNATURE', remedy });
}
