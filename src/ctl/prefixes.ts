import { readFileSync } from 'node:fs';
import { parsePrefix, prefixText } from '../common/address.ts';
import { describe } from '../common/errors.ts';
import { usage } from './options.ts';

/** How many mistakes are told at once. */
const told = 5;

interface Item {
  text: string;
  /** "list:3", or the option. */
  origin: string;
}

/**
 * The prefixes that an option names: addresses and prefixes separated by commas, @FILE with one a line (# begins a
 * comment), @- for the standard input. RFC 5952 text and length, each once. Throws USAGE.
 */
export function readPrefixes(option: string, values: readonly string[]): string[] {
  const prefixes = new Set<string>();
  const problems: string[] = [];
  for (const { text, origin } of values.flatMap((value) => itemsOf(option, value))) {
    try {
      prefixes.add(prefixText(parsePrefix(text)));
    } catch (error) {
      problems.push(`${origin}: ${describe(error)}`);
    }
  }
  if (problems.length > told) problems.splice(told, problems.length, `and ${problems.length - told} more`);
  if (problems.length > 0) throw usage(problems.join('\n'), '');
  if (prefixes.size === 0) throw usage(`${option} names no address`, '');
  return [...prefixes];
}

function itemsOf(option: string, value: string): Item[] {
  if (!value.startsWith('@'))
    return value
      .split(',')
      .flatMap((text) => (text.trim() === '' ? [] : [{ text: text.trim(), origin: option }]));
  const name = value.slice(1);
  return textOf(option, name)
    .split('\n')
    .flatMap((line, index) => {
      const text = line.replace(/#.*/, '').trim();
      return text === '' ? [] : [{ text, origin: `${name}:${index + 1}` }];
    });
}

function textOf(option: string, name: string): string {
  try {
    return readFileSync(name === '-' ? process.stdin.fd : name, 'utf8');
  } catch (error) {
    throw usage(`${option}: cannot read ${name}: ${describe(error)}`, '');
  }
}
