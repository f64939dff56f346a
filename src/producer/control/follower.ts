import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import type { AvroCodec } from '../../common/avro.ts';
import type { AllowList } from '../../common/control/allow-list.ts';
import { checkConfigSignature } from '../../common/control/config-signature.ts';
import type { IgnorePrefix, SensorConfig } from '../../common/control/records.ts';
import { describe, TickerError } from '../../common/errors.ts';
import type { TopicRecord } from '../../common/kafka/cluster.ts';
import { TopicReader } from '../../common/kafka/reader.ts';
import type { Logger } from '../../common/logger.ts';
import type { SignatureMode } from '../../common/settings/fragments.ts';
import { CommandedState, type ConfigKey, parseKey } from './commanded.ts';

/** ms. Brokers answer at once when there is a command; each answer without one wakes an idle process. */
const wait = 5_000;

interface Options {
  kafka: Kafka;
  brokers: readonly string[];
  topic: string;
  configs: AvroCodec<SensorConfig>;
  prefixes: AvroCodec<IgnorePrefix>;
  sensor: string;
  signatures: SignatureMode;
  /** Null when signatures are off. */
  keys: AllowList | null;
  logger: Logger;
  /** Called whenever records that concern the sensor have been taken in. */
  onChange: () => void;
}

/** Follows the config topic and keeps what it commands of one sensor. */
export class ConfigFollower {
  readonly commanded: CommandedState;
  readonly #options: Options;
  readonly #reader: TopicReader;
  readonly #closed = Promise.withResolvers<void>();
  #hasCaughtUp = false;
  #lastError: string | null = null;

  constructor(options: Options) {
    this.#options = options;
    this.commanded = new CommandedState(options.sensor);
    const { kafka, brokers, topic, logger } = options;
    const onRecords = (_: number, records: readonly TopicRecord[]) => this.#read(records);
    this.#reader = new TopicReader({ kafka, brokers, topic, logger, wait, onRecords });
  }

  /** Resolves when everything is taken in that was there at the start, or on close. */
  async start(): Promise<void> {
    this.#reader.start();
    await Promise.race([this.#reader.caughtUp.then(() => (this.#hasCaughtUp = true)), this.#closed.promise]);
  }

  get hasCaughtUp(): boolean {
    return this.#hasCaughtUp;
  }

  /** True from a fetch that was not answered at all until the next that is. */
  get isStalled(): boolean {
    return this.#reader.isStalled;
  }

  /** The last record that was refused, and why; null again when a newer configuration was taken in. */
  get lastError(): string | null {
    return this.#lastError;
  }

  async close(): Promise<void> {
    this.#closed.resolve();
    await this.#reader.close();
  }

  async #read(records: readonly TopicRecord[]): Promise<void> {
    let hasChanged = false;
    for (const [index, record] of records.entries()) {
      if (index % breath === breath - 1) await nextTurn();
      const key = parseKey(record.key?.toString() ?? '');
      if (!this.commanded.concerns(key)) continue;
      await this.#take(key, record);
      hasChanged = true;
    }
    if (hasChanged) this.#options.onChange();
  }

  /** A record that cannot be read is skipped. Throws what may work later: a registry that is away. */
  async #take(key: ConfigKey, record: TopicRecord): Promise<void> {
    try {
      this.#checkSignature(record);
      await this.#put(key, record.value);
    } catch (error) {
      if (!(error instanceof TickerError) || error.retriable) throw error;
      this.#lastError = `skipped a record of ${this.#options.topic}, offset ${record.offset}: ${describe(error)}`;
      this.#options.logger.warn(this.#lastError);
    }
  }

  async #put(key: ConfigKey, value: Buffer | null): Promise<void> {
    const { configs, prefixes } = this.#options;
    if (value === null) {
      this.commanded.remove(key);
    } else if (key.prefix !== null) {
      this.commanded.putPrefix(matching(await prefixes.decode(value), key));
    } else {
      this.commanded.putConfig(matching(await configs.decode(value), key));
      this.#lastError = null;
    }
  }

  /** Throws SIGNATURE when signatures are required and the record has no good one. */
  #checkSignature(record: TopicRecord): void {
    const { signatures, keys, topic, logger } = this.#options;
    if (keys === null) return;
    try {
      checkConfigSignature(keys, topic, record);
    } catch (error) {
      if (signatures === 'require') throw error;
      logger.warn(`a record of ${topic}, offset ${record.offset}: ${describe(error)}`);
    }
  }
}

/** Records taken in without a break: a signature takes a tenth of a millisecond, and events are waiting. */
const breath = 256;

/** A record says what its key says. */
function matching<T extends { sensor: string; prefix?: string }>(
  record: T,
  { sensor, prefix }: ConfigKey,
): T {
  if (record.sensor === sensor && (record.prefix ?? null) === prefix) return record;
  throw new TickerError('its key names another sensor or prefix than its value', {
    code: 'DECODE',
    remedy: 'find out who writes foreign records to this topic',
  });
}
