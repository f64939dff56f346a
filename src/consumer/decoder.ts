import { isIP } from 'node:net';
import type { AvroCodec } from '../common/avro.ts';
import { describe, TickerError } from '../common/errors.ts';
import { isFloor } from '../common/event.ts';
import type { Logger } from '../common/logger.ts';
import { allSources } from './merge.ts';

const sensorId = /^[A-Za-z0-9._-]{1,64}$/;
/** Nothing that a sensor says is longer: characters of a text, items of a list. */
const longestText = 255;
const longestList = 64;
/** ms since 1970: what a Date can be. */
const lastTime = 8.64e15;

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

/** Reads the records of one topic; what cannot be read is counted and skipped, and the first one logged. */
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

  /** Records skipped so far. */
  get failures(): number {
    return this.#failures;
  }

  /** The value, or undefined when it has to be skipped. Throws what may work later: a registry that is away. */
  async decode(value: Buffer | null, partition: number, offset: bigint | string): Promise<T | undefined> {
    try {
      return valid(value === null ? null : await this.#codec.decode(value));
    } catch (error) {
      if (!(error instanceof TickerError) || error.retriable) throw error;
      this.#failures += 1;
      const where = `${this.#topic}, partition ${partition}, offset ${offset}`;
      const line = `skipped a record of ${where}: ${describe(error)}`;
      if (this.#failures === 1) this.#logger.warn(`${line} (later ones are counted, not logged)`);
      else this.#logger.debug(line);
      return undefined;
    }
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
  throw new TickerError(`a record makes no sense: ${problem}`, {
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

function isTime(ms: number): boolean {
  return ms >= 0 && ms <= lastTime;
}

function isOverlong(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > longestList || value.some(isOverlong);
  return typeof value === 'string' && value.length > longestText;
}
