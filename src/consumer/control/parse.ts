import type { AvroCodec } from '../../common/avro.ts';
import type { ControlCommand } from '../../common/control/records.ts';
import { nearest } from '../../common/nearest.ts';
import { argumentsOf, uuid } from './order.ts';
import { quoted, wrong } from './wrong.ts';

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

type Check = readonly [isRight: (value: unknown) => boolean, what: string];

const text: Check = [(value) => typeof value === 'string', 'text'];
const whole: Check = [(value) => Number.isSafeInteger(value), 'a whole number'];
const flag: Check = [(value) => typeof value === 'boolean', 'true or false'];
const texts: Check = [(value) => Array.isArray(value) && value.every(text[0]), 'a list of texts'];

const fields: Readonly<Record<keyof ControlCommand, Check>> = {
  id: text,
  sensor: text,
  command: text,
  issuedAt: whole,
  expiresAt: whole,
  device: text,
  mode: text,
  threshold: whole,
  icmpEnable: flag,
  countPolicy: text,
  idleReset: whole,
  prefixes: texts,
  source: text,
};

/**
 * The command in a record's value, Avro or JSON; only its shape is checked. Throws COMMAND, DECODE or SCHEMA_UNKNOWN
 * for what is none, and what may work later: a registry that is away.
 */
export async function parseCommand(
  value: Buffer | null,
  codec: AvroCodec<ControlCommand>,
): Promise<ControlCommand> {
  if (value === null || value.length === 0)
    throw wrong('the record is empty, or its batch cannot be unpacked', 'send a command');
  if (value.subarray(0, 3).equals(byteOrderMark)) {
    throw wrong('the record begins with a byte-order mark', 'write the JSON as UTF-8 without one');
  }
  return looksLikeJson(value) ? parseJson(value.toString()) : codec.decode(value);
}

/** The id of a command that cannot be read as a whole, where one stands at the usual place. */
export function salvageId(value: Buffer | null): string | undefined {
  const start = (value ?? Buffer.alloc(0)).subarray(0, 4_096).toString('latin1');
  const named = /"id"\s*:\s*"([^"]{36})"/.exec(start)?.[1];
  const first = /[0-9A-Fa-f-]{36}/.exec(start.slice(0, 64))?.[0];
  return [named, first].find((id) => id !== undefined && uuid.test(id));
}

/** Neither framing of Avro begins with what JSON may begin with. */
function looksLikeJson(value: Buffer): boolean {
  return /^[\t\n\r ]*[{["]/.test(value.subarray(0, 64).toString('latin1'));
}

function parseJson(json: string): ControlCommand {
  const given = parseObject(json);
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined) {
    const meant = nearest(unknown.slice(0, 64), Object.keys(fields));
    throw wrong(
      `a command has no field ${quoted(unknown)}`,
      meant === undefined ? 'leave it out' : `did you mean ${meant}?`,
    );
  }
  for (const name of ['id', 'sensor', 'command'] as const) {
    if (given[name] === undefined || given[name] === null) throw wrong(`the ${name} is missing`, 'add it');
  }
  for (const [name, [isRight, what]] of Object.entries(fields)) {
    const value = given[name];
    if (value !== undefined && value !== null && !isRight(value)) throw wrong(`${name} is not ${what}`, '');
  }
  requireArgument(given);
  const complete = Object.keys(fields).map((name) => [name, given[name] ?? null]);
  return Object.fromEntries(complete);
}

/** In Avro the argument of a set command is always there; in JSON its absence is a slip, not a wish for null. */
function requireArgument(given: Readonly<Record<string, unknown>>): void {
  const [, needed] = Object.entries(argumentsOf).find(([name]) => name === given['command']) ?? [];
  const argument = needed?.[0];
  if (argument === undefined || given[argument] !== undefined) return;
  throw wrong(`the argument ${argument} of ${given['command']} is missing`, 'add it');
}

function parseObject(json: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    throw wrong('the record is no valid JSON', 'check it with jq');
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  throw wrong('the record is JSON but no object', 'write {"id":…,"sensor":…,"command":…}');
}
