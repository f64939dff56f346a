import { isIP } from 'node:net';
import type { AvroCodec } from '../common/avro.ts';
import { describe, TickerError } from '../common/errors.ts';
import { isFloor } from '../common/event.ts';
import type { Logger } from '../common/logger.ts';
import { allSources } from './merge.ts';

const sensorId = /^[A-Za-z0-9._-]{1,64}$/;

/** What events and rows have in common. */
interface Statement {
  sensor: string;
  source: string;
  distinctPorts: number;
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

/** Sensor and source make up a row's key and end on people's screens. */
function valid<T extends Statement>(record: T | null): T {
  const problem =
    record === null
      ? 'it is empty'
      : !sensorId.test(record.sensor)
        ? 'its sensor id is malformed'
        : isIP(record.source) === 0 && !(record.source === allSources && isFloor(record))
          ? 'its source is no address'
          : undefined;
  if (record !== null && problem === undefined) return record;
  throw new TickerError(`a record makes no sense: ${problem}`, {
    code: 'DECODE',
    remedy: 'find out who writes foreign records to this topic',
  });
}
