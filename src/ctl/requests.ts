import { randomUUID } from 'node:crypto';
import { addressText, parseAddress } from '../common/address.ts';
import { largestThreshold, longestIdleReset, mostPrefixes } from '../common/control/limits.ts';
import { type CommandName, type ControlCommand, noArguments } from '../common/control/records.ts';
import { describe } from '../common/errors.ts';
import { type CommandLine, type Options, usage } from './options.ts';
import { readPrefixes } from './prefixes.ts';
import { own, wordTable } from './table.ts';

/** What a person asks for at once: one command, or several where one would be too large. */
export interface Request {
  /** For people: "set-threshold 200". */
  what: string;
  commands: readonly ControlCommand[];
}

export interface Envelope {
  /** A sensor id, or *. */
  sensor: string;
  /** ms since 1970. */
  issuedAt: number;
  /** ms since 1970; null: never. */
  expiresAt: number | null;
}

type Arguments = Partial<Omit<ControlCommand, 'id' | 'sensor' | 'command' | 'issuedAt' | 'expiresAt'>>;
type Ask = (command: CommandName, what: string, ...parts: Arguments[]) => Request;

/** The requests that a command line makes, in the order they are to be sent; none: it asks for nothing of the kind. Throws USAGE. */
export function requestsOf({ options, word, argument }: CommandLine, envelope: Envelope): Request[] {
  const ask: Ask = (command, what, ...parts) => ({
    what: `${command}${what === '' ? '' : ` ${what}`}`,
    commands: parts.map((part) => commandOf(command, part, envelope)),
  });
  return word === undefined ? fromOptions(options, ask) : fromWord(word, argument, ask);
}

function fromWord(word: string, argument: string, ask: Ask): Request[] {
  const { sends, argument: takes } = wordTable.find((each) => each.word === word) ?? {};
  if (sends === undefined) return [];
  if (takes === undefined) return [ask(sends, '', {})];
  const source = sourceOf(word, argument);
  return [ask(sends, source, { source })];
}

function fromOptions(options: Options, ask: Ask): Request[] {
  const requests = devices(options, ask);
  if (options.unignore !== undefined)
    requests.push(prefixes(ask, 'ignore-remove', '--unignore', options.unignore));
  if (options.ignore !== undefined) requests.push(prefixes(ask, 'ignore-add', '--ignore', options.ignore));
  const { icmpEnable, threshold, countPolicy, idleReset } = options;
  if (icmpEnable !== undefined)
    requests.push(ask('set-icmp', icmpEnable, { icmpEnable: flagOf('--icmp-enable', icmpEnable) }));
  if (threshold !== undefined)
    requests.push(
      ask('set-threshold', threshold, { threshold: numberOf('--threshold', threshold, largestThreshold) }),
    );
  if (countPolicy !== undefined)
    requests.push(
      ask('set-count-policy', countPolicy, { countPolicy: policyOf('--count-policy', countPolicy) }),
    );
  if (idleReset !== undefined)
    requests.push(
      ask('set-idle-reset', idleReset, { idleReset: numberOf('--idle-reset', idleReset, longestIdleReset) }),
    );
  return requests;
}

/** A device alone asks to install the program on it, as it did with the original. */
function devices(options: Options, ask: Ask): Request[] {
  const { dev, skbMode, remove } = options;
  const isAlone =
    options.list === undefined &&
    options.ignore === undefined &&
    options.unignore === undefined &&
    options.icmpEnable === undefined &&
    options.threshold === undefined &&
    options.countPolicy === undefined &&
    options.idleReset === undefined;
  if (skbMode !== true && remove !== true && !(isAlone && dev !== undefined)) return [];
  if (skbMode === true && remove === true) throw usage('-S installs and -r removes', 'say one of them');
  if (dev === undefined) throw usage('-d <device> is missing', 'say for example -d eth0 -S');
  if (!/^[^\s/]{1,15}$/.test(dev) || dev === '.' || dev === '..')
    throw usage(`--dev: "${dev}" is no name of a network device`);
  if (remove === true) return [ask('detach', dev, { device: dev })];
  const mode = skbMode === true ? 'skb' : 'auto';
  return [ask('attach', `${dev} ${mode}`, { device: dev, mode })];
}

function prefixes(
  ask: Ask,
  command: 'ignore-add' | 'ignore-remove',
  option: string,
  values: readonly string[],
): Request {
  const all = readPrefixes(option, values);
  const parts = Array.from({ length: Math.ceil(all.length / mostPrefixes) }, (_, index) => ({
    prefixes: all.slice(index * mostPrefixes, (index + 1) * mostPrefixes),
  }));
  return ask(command, all.length === 1 ? (all[0] ?? '') : `${all.length} prefixes`, ...parts);
}

function commandOf(command: CommandName, given: Arguments, envelope: Envelope): ControlCommand {
  return {
    id: randomUUID(),
    command,
    ...noArguments,
    ...given,
    ...envelope,
  };
}

function sourceOf(word: string, text: string): string {
  try {
    return addressText(parseAddress(text));
  } catch (error) {
    throw usage(`${word}: ${describe(error)}`, '');
  }
}

function flagOf(option: string, text: string): boolean | null {
  if (text === own) return null;
  if (text !== '0' && text !== '1') throw usage(`${option}: must be 0, 1 or ${own}: "${text}"`);
  return text === '1';
}

function numberOf(option: string, text: string, largest: number): number | null {
  if (text === own) return null;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= largest))
    throw usage(`${option}: must be a whole number, 0 to ${largest}, or ${own}: "${text}"`);
  return value;
}

function policyOf(option: string, text: string): string | null {
  if (text === own) return null;
  if (text !== 'attempts' && text !== 'all')
    throw usage(`${option}: must be attempts, all or ${own}: "${text}"`);
  return text;
}
