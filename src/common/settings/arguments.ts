import { TickerError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { booleanOf } from './formats.ts';
import type { Leaf } from './schema.ts';

export interface Arguments {
  /** Texts as given, by the path of their setting. */
  values: Map<string, string>;
  configFile: string | undefined;
  /** The shell that completions are asked for. */
  completion: string | undefined;
  wantsHelp: boolean;
  wantsVersion: boolean;
}

/** Reads `--name value`, `--name=value`, `-n value`; a flag needs no value. Throws USAGE for anything else. */
export function parseArguments(argv: readonly string[], leaves: readonly Leaf[]): Arguments {
  const result: Arguments = {
    values: new Map(),
    configFile: undefined,
    completion: undefined,
    wantsHelp: false,
    wantsVersion: false,
  };
  const byName = new Map(leaves.map((leaf) => [`--${leaf.argument}`, leaf]));
  for (const leaf of leaves) if (leaf.setting.short !== undefined) byName.set(`-${leaf.setting.short}`, leaf);

  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [name, inline] = split(word);
    const leaf = byName.get(name);
    if (name === '--help' || name === '-h') result.wantsHelp = true;
    else if (name === '--version') result.wantsVersion = true;
    else if (name === '--config') result.configFile = inline ?? takeValue(name, rest);
    else if (name === '--completion') result.completion = inline ?? takeValue(name, rest);
    else if (leaf === undefined) throw unknown(name, [...byName.keys(), ...common]);
    else if (inline !== undefined) result.values.set(leaf.path, inline);
    else if (leaf.setting.format === 'flag') result.values.set(leaf.path, takeFlag(rest));
    else result.values.set(leaf.path, takeValue(name, rest));
  }
  return result;
}

/** What every program has. */
const common = ['--config', '--completion', '--help', '--version'];

function split(word: string): [string, string | undefined] {
  const equals = word.startsWith('--') ? word.indexOf('=') : -1;
  return equals === -1 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)];
}

function takeFlag(rest: string[]): string {
  const next = rest[0];
  return next !== undefined && booleanOf(next) !== undefined ? (rest.shift() ?? 'true') : 'true';
}

function takeValue(name: string, rest: string[]): string {
  const value = rest.shift();
  if (value === undefined) {
    throw new TickerError(`${name} needs a value`, { code: 'USAGE', remedy: '--help lists all arguments' });
  }
  return value;
}

function unknown(name: string, known: string[]): TickerError {
  const meant = nearest(name, known);
  return new TickerError(`unknown argument ${name}`, {
    code: 'USAGE',
    remedy: `${meant === undefined ? '' : `did you mean ${meant}? `}--help lists all arguments`,
  });
}
