import { isIPv4, isIPv6 } from 'node:net';
import { addressText, parseAddress, parsePrefix, prefixText } from '../../common/address.ts';
import { largestThreshold, longestIdleReset, mostPrefixes } from '../../common/control/limits.ts';
import {
  allSensors,
  type CommandName,
  type ControlCommand,
  type CountPolicy,
  commandNames,
  type XdpMode,
} from '../../common/control/records.ts';
import { nearest } from '../../common/nearest.ts';
import { quoted, wrong } from './wrong.ts';

/** What a command asks for, checked in itself. Prefixes and sources are RFC 5952 text, each once. */
export type Order =
  | { command: 'attach'; device: string; mode: XdpMode }
  | { command: 'detach'; device: string }
  | { command: 'set-threshold'; value: number | null }
  | { command: 'set-icmp'; value: boolean | null }
  | { command: 'set-count-policy'; value: CountPolicy | null }
  | { command: 'set-idle-reset'; value: number | null }
  | { command: 'ignore-add' | 'ignore-remove'; prefixes: string[] }
  | { command: 'reset-source' | 'explain'; source: string }
  | { command: 'clear-report' };

type Argument = Exclude<keyof ControlCommand, 'id' | 'sensor' | 'command' | 'issuedAt' | 'expiresAt'>;

/** The arguments of each command. The first is what it is about, and has to be there. */
export const argumentsOf: Readonly<Record<CommandName, readonly Argument[]>> = {
  attach: ['device', 'mode'],
  detach: ['device'],
  'set-threshold': ['threshold'],
  'set-icmp': ['icmpEnable'],
  'set-count-policy': ['countPolicy'],
  'set-idle-reset': ['idleReset'],
  'ignore-add': ['prefixes'],
  'ignore-remove': ['prefixes'],
  'reset-source': ['source'],
  'clear-report': [],
  explain: ['source'],
};

export const uuid = /^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/;
const sensorId = /^[A-Za-z0-9._-]{1,64}$/;
/** As the kernel has it: up to 15 bytes, no slash, no white space, neither "." nor "..". */
const deviceName = /^(?!\.{1,2}$)[!-.0-~]{1,15}$/;
const arguments_ = [...new Set(Object.values(argumentsOf).flat())];
/** The end of the year 9999, ms since 1970. */
const latestTime = 253_402_300_799_999;

/**
 * What the command asks for. `key` is its record's: the sensor it names, or nothing. Throws COMMAND or ADDRESS with
 * what is wrong with it.
 */
export function orderOf(command: ControlCommand, key: string): Order {
  if (!uuid.test(command.id)) throw wrong('the id is no UUID', 'make one with uuidgen');
  if (command.sensor !== allSensors && !sensorId.test(command.sensor)) {
    throw wrong('the sensor id is malformed', 'it must match [A-Za-z0-9._-]{1,64}, or be * for all');
  }
  if (key !== '' && key !== command.sensor) {
    throw wrong(`the record's key is not its sensor ${command.sensor}`, 'give it that key, or none');
  }
  checkTime(command.issuedAt, 'issuedAt');
  checkTime(command.expiresAt, 'expiresAt');
  const name = commandName(command.command);
  const stray = arguments_.find((each) => command[each] !== null && !argumentsOf[name].includes(each));
  if (stray !== undefined) throw wrong(`${name} has no argument ${stray}`, 'leave it out');
  return ordered(name, command);
}

function ordered(command: CommandName, given: ControlCommand): Order {
  switch (command) {
    case 'attach':
      return { command, device: device(given.device), mode: mode(given.mode ?? 'auto') };
    case 'detach':
      return { command, device: device(given.device) };
    case 'set-threshold':
      return { command, value: whole(given.threshold, 'the threshold', largestThreshold) };
    case 'set-icmp':
      return { command, value: given.icmpEnable };
    case 'set-count-policy':
      return { command, value: countPolicy(given.countPolicy) };
    case 'set-idle-reset':
      return { command, value: whole(given.idleReset, 'the idle reset', longestIdleReset) };
    case 'ignore-add':
    case 'ignore-remove':
      return { command, prefixes: prefixes(given.prefixes) };
    case 'reset-source':
    case 'explain':
      return { command, source: source(given.source) };
    case 'clear-report':
      return { command };
  }
}

function checkTime(time: number | null, what: string): void {
  if (time === null || (time >= 0 && time <= latestTime)) return;
  throw wrong(`${what} ${time} is no time`, 'write milliseconds since 1970');
}

function commandName(text: string): CommandName {
  const known = commandNames.find((name) => name === text);
  if (known !== undefined) return known;
  const meant = nearest(text.slice(0, 64), commandNames);
  throw wrong(
    `there is no command ${quoted(text)}`,
    meant === undefined ? `use one of ${commandNames.join(', ')}` : `did you mean ${meant}?`,
  );
}

function device(text: string | null): string {
  if (text === null) throw wrong('the device is missing', 'name a network device, as ip link shows it');
  if (!deviceName.test(text)) throw wrong(`${quoted(text)} is no name of a network device`, 'see ip link');
  return text;
}

function mode(text: string): XdpMode {
  if (text === 'auto' || text === 'driver' || text === 'skb') return text;
  throw wrong(`there is no mode ${quoted(text)}`, 'use auto, driver or skb');
}

function countPolicy(text: string | null): CountPolicy | null {
  if (text === null || text === 'attempts' || text === 'all') return text;
  throw wrong(`there is no count policy ${quoted(text)}`, 'use attempts or all');
}

function whole(value: number | null, what: string, most: number): number | null {
  if (value === null || (Number.isInteger(value) && value >= 0 && value <= most)) return value;
  throw wrong(`${what} ${value} is out of range`, `it must be 0 to ${most}`);
}

function prefixes(texts: string[] | null): string[] {
  if (texts === null || texts.length === 0) throw wrong('the prefixes are missing', 'name at least one');
  if (texts.length > mostPrefixes) {
    throw wrong(`${texts.length} prefixes are too many`, `send at most ${mostPrefixes} a command`);
  }
  const strange = texts.find((text) => !/^[0-9A-Fa-f:./]{2,64}$/.test(text));
  if (strange !== undefined) throw wrong(`${quoted(strange)} is no address prefix`, 'write 192.0.2.0/24');
  return [...new Set(texts.map((text) => prefixText(parsePrefix(text))))];
}

function source(text: string | null): string {
  if (text === null) throw wrong('the source is missing', 'name an address');
  if (!isIPv4(text) && !isIPv6(text)) throw wrong(`${quoted(text)} is no IP address`, 'see the report');
  return addressText(parseAddress(text));
}
