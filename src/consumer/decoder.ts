import { isIP } from 'node:net';
import type { IHeaders } from 'kafkajs';
import type { AvroCodec } from '../common/avro.ts';
import { describe, TickerError } from '../common/errors.ts';
import { isFloor } from '../common/event.ts';
import { latestTime } from '../common/iso-time.ts';
import type { TopicRecord } from '../common/kafka/cluster.ts';
import { unreadableBatch } from '../common/kafka/traps/unreadable-batch.ts';
import { type Logger, warnOfFirst } from '../common/logger.ts';
import type { Poison } from './dead-letters.ts';
import { allSources } from './merge.ts';

const sensorId = /^[A-Za-z0-9._-]{1,64}$/;
/** Nothing that a sensor says is longer: characters of a text, items of a list. */
const longestText = 255;
const longestList = 64;

/** What events and rows have in common. */
interface Statement {
  sensor: string;
  source: string;
  distinctPorts: number;
  targets: number;
  destination: string | null;
  episode: number;
  lastChange: number;
}

/** A record as it was fetched, with or without a consumer group. */
type Fetched = Pick<TopicRecord, 'key' | 'value'> & { offset: bigint | string; headers?: IHeaders };

/** What is in a record, or why it has to be passed over. */
export type Decoded<T> = { statement: T } | { poison: Poison };

/** Reads the records of one topic; what cannot be read is counted, and the first one logged. */
export class Decoder<T extends Statement> {
  readonly #codec: AvroCodec<T>;
  readonly #topic: string;
  readonly #logger: Logger;
  #failures = 0;

  constructor(codec: AvroCodec<T>, topic: string, logger: Logger) {
    this.#codec = codec;
    this.#topic = topic;
    this.#logger = logger;
  }

  /** Records that could not be read so far. */
  get failures(): number {
    return this.#failures;
  }

  /** A promise only where a schema has to be fetched. Throws what may work later: a registry that is away. */
  decode(record: Fetched, partition: number): Decoded<T> | Promise<Decoded<T>> {
    const { value, headers = {} } = record;
    try {
      const batch = unreadableBatch(headers);
      if (batch !== undefined) throw nonsense(`its batch cannot be unpacked: ${batch.why}`);
      const read = value === null ? null : this.#codec.read(value);
      if (!(read instanceof Promise)) return { statement: valid(read) };
      const statement = read.then((later) => ({ statement: valid(later) }));
      return statement.catch((error: unknown) => this.#passedOver(record, partition, error));
    } catch (error) {
      return this.#passedOver(record, partition, error);
    }
  }

  /** What is to be set aside of a record that makes no sense, which is counted. */
  poison({ key, value, offset, headers = {} }: Fetched, partition: number, why: TickerError): Poison {
    const topic = this.#topic;
    const reason = describe(why);
    this.#failures += 1;
    const line = `skipped a record of ${topic}, partition ${partition}, offset ${offset}: ${reason}`;
    warnOfFirst(this.#logger, this.#failures === 1, line);
    return { key, value, headers, topic, partition, offset: String(offset), reason };
  }

  #passedOver(record: Fetched, partition: number, error: unknown): Decoded<T> {
    if (!(error instanceof TickerError) || error.retriable) throw error;
    return { poison: this.poison(record, partition, error) };
  }
}

/** True for what may name a sensor. */
export function isSensorId(text: string): boolean {
  return sensorId.test(text);
}

/** Sensor and source make up a row's key; all of it ends on people's screens and in the documents of alerts. */
function valid<T extends Statement>(record: T | null): T {
  const problem = record === null ? 'it is empty' : problemOf(record);
  if (record !== null && problem === undefined) return record;
  throw nonsense(problem ?? '');
}

/** Of a record that no program of this project has written. */
export function nonsense(problem: string): TickerError {
  return new TickerError(`a record makes no sense: ${problem}`, {
    code: 'DECODE',
    remedy: 'find out who writes foreign records to this topic',
  });
}

function problemOf(record: Statement): string | undefined {
  const { sensor, source, destination, episode, lastChange } = record;
  if (!isSensorId(sensor)) return 'its sensor id is malformed';
  const isReset = source === allSources && isFloor(record);
  if (isIP(source) === 0 && !isReset) return 'its source is no address';
  if (destination !== null && isIP(destination) === 0) return 'its destination is no address';
  if (!isTime(episode) || !isTime(lastChange)) return 'its times are none';
  return Object.values(record).some(isOverlong) ? 'it is longer than what sensors say' : undefined;
}

export function isTime(ms: number): boolean {
  return ms >= 0 && ms <= latestTime;
}

function isOverlong(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > longestList || value.some(isOverlong);
  return typeof value === 'string' && value.length > longestText;
}
