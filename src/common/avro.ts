import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import avro, { type Type } from 'avsc';
import { TickerError } from './errors.ts';
import { fingerprint } from './fingerprint.ts';
import type { SchemaRegistry } from './registry.ts';
import { refuseTruncated } from './truncation.ts';

const schemaFolder = join(import.meta.dirname, '../../schemas');

/** Single-object encoding: C3 01, CRC-64-AVRO of the schema (8 bytes, little-endian), datum. */
const singleObjectMark = 0xc301;
const singleObjectHeader = 10;
/** Confluent's wire format: 00, id of the schema (4 bytes, big-endian), datum. */
const confluentMark = 0x00;
const confluentHeader = 5;

/** Reads one value out of a record, whatever version of the schema wrote it. */
type Read<T> = (record: Buffer) => T;

/**
 * Writes and reads the values of one topic. Writes Confluent's framing when `register` has been told of a registry,
 * else single-object encoding; reads both, also values that an older or a newer schema wrote.
 */
export class AvroCodec<T> {
  readonly #type: Type;
  /** What a value is read as: the same, or its first fields. */
  readonly #read: Type;
  readonly #schemaText: string;
  readonly #registry: SchemaRegistry | null;
  readonly #byFingerprint = new Map<bigint, Read<T>>();
  readonly #byId = new Map<number, Read<T>>();
  #header: Buffer;

  /**
   * `name` is the file's in schemas/, without ".avsc". With `fields` only these are read of each value, and what is behind
   * the last of them is not looked at.
   */
  constructor(name: string, registry: SchemaRegistry | null = null, fields?: readonly (string & keyof T)[]) {
    refuseTruncated();
    this.#schemaText = schemaText(name);
    this.#type = recordType(name);
    this.#read = fields === undefined ? this.#type : partOf(this.#schemaText, fields);
    this.#registry = registry;
    const own = fingerprint(this.#type);
    this.#header = Buffer.alloc(singleObjectHeader);
    this.#header.writeUInt16BE(singleObjectMark, 0);
    this.#header.writeBigUInt64LE(own, 2);
    for (const older of history(name))
      this.#byFingerprint.set(fingerprint(older), this.#reader(older, singleObjectHeader));
    this.#byFingerprint.set(own, this.#reader(this.#type, singleObjectHeader));
  }

  /** Registers the schema under a topic's name, when there is a registry. Until then `encode` must not be called. */
  async register(topic: string): Promise<void> {
    if (this.#registry === null) return;
    const id = await this.#registry.register(`${topic}-value`, this.#schemaText);
    this.#header = Buffer.alloc(confluentHeader);
    this.#header.writeUInt8(confluentMark, 0);
    this.#header.writeUInt32BE(id, 1);
    this.#byId.set(id, this.#reader(this.#type, confluentHeader));
  }

  /** What begins each value: it names the schema. As of `register` another one. */
  get header(): Buffer {
    return this.#header;
  }

  /** Throws ENCODE when the value does not fit the schema. */
  encode(value: T): Buffer {
    try {
      return Buffer.concat([this.#header, this.#type.toBuffer(value)]);
    } catch (cause) {
      throw new TickerError(`a value does not fit the schema ${this.#type.name}`, {
        code: 'ENCODE',
        remedy: 'report this as a defect of port-ticker',
        cause,
      });
    }
  }

  /** Throws DECODE or SCHEMA_UNKNOWN for a record that cannot be read, REGISTRY_… when the registry fails. */
  async decode(record: Buffer): Promise<T> {
    return this.read(record);
  }

  /** As `decode`, but at once when the schema is known: a promise for each of many records takes as long as what is in it. */
  read(record: Buffer): T | Promise<T> {
    const read = this.#readerOf(record);
    return read instanceof Promise ? read.then((later) => valueIn(record, later)) : valueIn(record, read);
  }

  #readerOf(record: Buffer): Read<T> | Promise<Read<T>> {
    if (record.length >= singleObjectHeader && record.readUInt16BE(0) === singleObjectMark) {
      const writer = record.readBigUInt64LE(2);
      const read = this.#byFingerprint.get(writer);
      if (read !== undefined) return read;
      throw new TickerError(`a record has the unknown schema ${writer.toString(16).padStart(16, '0')}`, {
        code: 'SCHEMA_UNKNOWN',
        remedy: 'update this program, or configure a schema registry',
      });
    }
    if (record.length >= confluentHeader && record[0] === confluentMark) {
      const id = record.readUInt32BE(1);
      return this.#byId.get(id) ?? this.#readerOfId(id);
    }
    throw unreadable('it has neither Avro single-object nor Confluent framing');
  }

  async #readerOfId(id: number): Promise<Read<T>> {
    if (this.#registry === null) {
      throw new TickerError(`a record has the schema id ${id} of a registry`, {
        code: 'SCHEMA_UNKNOWN',
        remedy: 'set PORT_TICKER_SCHEMA_REGISTRY_URL as its writer does',
      });
    }
    const read = this.#readerOfText(await this.#registry.schema(id), id);
    this.#byId.set(id, read);
    return read;
  }

  #readerOfText(schemaText: string, id: number): Read<T> {
    try {
      return this.#reader(avro.Type.forSchema(JSON.parse(schemaText)), confluentHeader);
    } catch (cause) {
      throw unreadable(`its schema, id ${id}, is not one of ${this.#type.name}`, cause);
    }
  }

  #reader(writer: Type, offset: number): Read<T> {
    const resolver = writer === this.#read ? undefined : this.#read.createResolver(writer);
    const isPart = this.#read !== this.#type;
    return (record) => this.#read.fromBuffer(record.subarray(offset), resolver, isPart);
  }
}

function valueIn<T>(record: Buffer, read: Read<T>): T {
  try {
    return read(record);
  } catch (cause) {
    throw unreadable('its bytes do not fit its schema', cause);
  }
}

/** The type that schemas/NAME.avsc defines. */
export function recordType(name: string): Type {
  return avro.Type.forSchema(JSON.parse(schemaText(name)));
}

/** The type of a record that has only these of its fields. */
function partOf(schema: string, names: readonly string[]): Type {
  const { fields, ...record }: { fields: { name: string }[] } = JSON.parse(schema);
  const type = { ...record, fields: fields.filter(({ name }) => names.includes(name)) };
  return avro.Type.forSchema(type as avro.Schema);
}

function schemaText(name: string): string {
  return readFileSync(join(schemaFolder, `${name}.avsc`), 'utf8');
}

/** Earlier versions of a schema: schemas/history/NAME.*.avsc. */
function history(name: string): Type[] {
  const folder = join(schemaFolder, 'history');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.startsWith(`${name}.`))
    .map((file) => avro.Type.forSchema(JSON.parse(readFileSync(join(folder, file), 'utf8'))));
}

function unreadable(why: string, cause?: unknown): TickerError {
  return new TickerError(`a record cannot be read: ${why}`, {
    code: 'DECODE',
    remedy: 'find out who writes foreign records to this topic',
    cause,
  });
}
