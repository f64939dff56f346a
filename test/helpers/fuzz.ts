import type { ControlCommand } from '../../src/common/control/records.ts';
import { commandNames } from '../../src/common/control/records.ts';
import { commandCodec, controlCommand } from './commands.ts';

type Random = (below: number) => number;

/** Values for the control topic: commands, near misses of them in JSON and Avro, and random bytes. Same seed, same values. */
export function* fuzzedRecords(count: number, seed: number): Generator<Buffer | string | null> {
  const random = mulberry32(seed);
  for (let index = 0; index < count; index += 1) yield fuzzed(random);
}

function fuzzed(random: Random): Buffer | string | null {
  switch (random(8)) {
    case 0:
      return randomBytes(random, random(300));
    case 1:
      return random(4) === 0 ? null : mutated(commandCodec.encode(strangeCommand(random)), random);
    case 2:
    case 3:
      return commandCodec.encode(strangeCommand(random));
    case 4:
      return mutated(Buffer.from(JSON.stringify(strangeJson(random))), random);
    default:
      return JSON.stringify(strangeJson(random));
  }
}

/** A command as it should be, one that has been there before, or with each field right, wrong or left out. */
function strangeCommand(random: Random): ControlCommand {
  switch (random(8)) {
    case 0:
      return controlCommand({ id: uuid(() => 0), threshold: random(1_000) });
    case 1:
    case 2:
      return controlCommand({ id: uuid(random), sensor: '*', idleReset: 60, command: 'set-idle-reset' });
    case 3:
      return controlCommand({ id: uuid(random), command: 'ignore-add', prefixes: [strangePrefix(random)] });
    default:
      return wildCommand(random);
  }
}

function wildCommand(random: Random): ControlCommand {
  const given: Partial<ControlCommand> = {
    id: random(10) === 0 ? strangeText(random) : uuid(random),
    sensor: pick(random, ['edge1', '*', 'edge2', strangeText(random)]),
    command: random(10) === 0 ? strangeText(random) : pick(random, commandNames),
  };
  if (random(3) === 0) given.expiresAt = pick(random, [0, -1, 2 ** 52, 1_900_000_000_000]);
  if (random(4) === 0) given.issuedAt = pick(random, [0, -5, 1_780_000_000_000]);
  if (random(2) === 0) given.device = pick(random, ['eth0', 'eth1', '..', 'a/b', strangeText(random)]);
  if (random(4) === 0) given.mode = pick(random, ['auto', 'skb', 'driver', strangeText(random)]);
  if (random(2) === 0) given.threshold = pick(random, [0, 20, 2 ** 32 - 1, 2 ** 32, -1, 2 ** 52]);
  if (random(3) === 0) given.icmpEnable = random(2) === 0;
  if (random(4) === 0) given.countPolicy = pick(random, ['all', 'attempts', strangeText(random)]);
  if (random(3) === 0) given.idleReset = pick(random, [0, 3600, 2_592_000, 2_592_001, -7]);
  if (random(2) === 0) given.prefixes = Array.from({ length: random(5) }, () => strangePrefix(random));
  if (random(3) === 0) given.source = pick(random, ['192.0.2.1', '2001:db8::1', strangeText(random)]);
  return controlCommand(given);
}

function strangeJson(random: Random): unknown {
  const entries = Object.entries(strangeCommand(random)).filter(([, value]) => value !== null);
  const values = [null, true, -1, 1e300, 0.5, '', [], {}, [[]], strangeText(random)];
  const changed = entries.map(([name, value]) => [name, random(20) === 0 ? pick(random, values) : value]);
  if (random(10) === 0) changed.push([strangeText(random), pick(random, values)]);
  return random(50) === 0 ? changed : Object.fromEntries(changed);
}

function strangePrefix(random: Random): string {
  const octet = () => random(256);
  return pick(random, [
    `10.${octet()}.${octet()}.0/24`,
    `10.${octet()}.${octet()}.${octet()}`,
    `2001:db8:${octet()}::/48`,
    `10.0.0.${octet()}/${random(40)}`,
    strangeText(random),
  ]);
}

function strangeText(random: Random): string {
  const alphabet = [
    'a',
    'Z',
    '0',
    '/',
    '*',
    '.',
    '\0',
    '\u001b',
    '"',
    '{',
    '\ufeff',
    'ü',
    '\u{1f600}',
    '\ud800',
  ];
  return Array.from({ length: random(70) }, () => pick(random, alphabet)).join('');
}

function mutated(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  for (let round = random(4); round >= 0 && copy.length > 0; round -= 1) {
    copy[random(copy.length)] = random(256);
  }
  return random(3) === 0 ? copy.subarray(0, random(copy.length + 1)) : copy;
}

function uuid(random: Random): string {
  const hex = randomBytes(random, 16).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function randomBytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random(256)));
}

function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[random(items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** A small generator with a seed, good enough to choose by. */
function mulberry32(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
