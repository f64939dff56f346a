import { readFileSync } from 'node:fs';
import convict from 'convict';
import { completionScript } from '../completion/script.ts';
import { TickerError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { version } from '../version.ts';
import { parseArguments } from './arguments.ts';
import { helpEntries, helpText, type Program } from './help.ts';
import { envPrefix, type Leaf, leaves, type Schema } from './schema.ts';
import { variables } from './variables.ts';

/** What the command line asked for: an answer to print, or to run with these settings. */
export type Loaded<T> =
  | { answer: string }
  | { settings: T /** Unknown variables, to be logged. */; warnings: string[] };

export interface Sources {
  argv?: readonly string[];
  env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Settings from arguments, environment and the --config file, in this order of precedence.
 * Throws USAGE for an unknown argument and SETTINGS, with one line for each, for values that are wrong.
 */
export function loadSettings<T>(
  program: Program,
  schema: Schema<T>,
  { argv = process.argv.slice(2), env = process.env }: Sources = {},
): Loaded<T> {
  const known = leaves(schema);
  const given = parseArguments(argv, known);
  if (given.wantsHelp) return { answer: helpText(program, known) };
  if (given.completion !== undefined) {
    const { name } = program;
    const completed = { name, command: `${name} --completion`, options: helpEntries(known), words: [] };
    return { answer: completionScript(completed, given.completion) };
  }
  if (given.wantsVersion) return { answer: `${program.name} ${version}\n` };

  const config: convict.Config<object> = convict(schema as convict.Schema<object>, { args: [], env: {} });
  const problems: string[] = [];
  const origins = new Map<string, string>();
  const set = (leaf: Leaf, value: unknown, origin: string) => {
    origins.set(leaf.path, origin);
    config.set(leaf.path, value === '' && leaf.setting.nullable === true ? null : value);
  };

  const file = given.configFile;
  const fromFile = file === undefined ? new Map<string, unknown>() : flatten(readConfig(file), known);
  for (const [path, value] of fromFile) {
    const leaf = known.find((candidate) => candidate.path === path);
    if (leaf !== undefined) set(leaf, value, `${path} in ${file}`);
    else
      problems.push(
        `${path} in ${file}: unknown setting${meant(
          path,
          known.map((each) => each.path),
        )}`,
      );
  }
  for (const leaf of known) {
    const fromEnvironment = leaf.setting.env === undefined ? undefined : env[leaf.setting.env];
    if (fromEnvironment !== undefined) set(leaf, fromEnvironment, leaf.setting.env ?? '');
    const fromArguments = given.values.get(leaf.path);
    if (fromArguments !== undefined) set(leaf, fromArguments, `--${leaf.argument}`);
  }

  problems.push(...validate(config, origins));
  if (problems.length > 0) throw new TickerError(problems.join('\n'), { code: 'SETTINGS', remedy: '' });
  return { settings: config.getProperties() as T, warnings: unknownVariables(env, known) };
}

function readConfig(file: string): object {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content;
  } catch (cause) {
    throw new TickerError(`cannot read the settings file ${file}`, {
      code: 'SETTINGS',
      remedy: 'give --config a readable JSON file',
      cause,
    });
  }
  throw new TickerError(`the settings file ${file} holds no JSON object`, {
    code: 'SETTINGS',
    remedy: 'write it as {"kafka":{"brokers":["host:9092"]}}',
  });
}

/** The file's values by path. Descends only into groups of the schema. */
function flatten(node: object, known: readonly Leaf[], prefix = ''): Map<string, unknown> {
  const result = new Map<string, unknown>();
  for (const [key, value] of Object.entries(node)) {
    const path = prefix + key;
    const isGroup = known.some((leaf) => leaf.path.startsWith(`${path}.`));
    if (isGroup && typeof value === 'object' && value !== null) {
      for (const [below, leafValue] of flatten(value, known, `${path}.`)) result.set(below, leafValue);
    } else {
      result.set(path, value);
    }
  }
  return result;
}

/** One line for each wrong value, beginning with the name under which it was given. */
function validate(config: convict.Config<object>, origins: ReadonlyMap<string, string>): string[] {
  try {
    config.validate({ allowed: 'strict' });
    return [];
  } catch (error) {
    // convict has no other way to name the settings than its text: a line "path: problem" for each.
    return (error instanceof Error ? error.message : String(error)).split('\n').map((line) => {
      const path = line.slice(0, line.indexOf(':'));
      return (origins.get(path) ?? path) + line.slice(path.length);
    });
  }
}

/** PORT_TICKER_ variables that no program of the project has a setting for. */
function unknownVariables(
  env: Readonly<Record<string, string | undefined>>,
  known: readonly Leaf[],
): string[] {
  const names = [...new Set([...known.flatMap(({ setting }) => setting.env ?? []), ...variables])];
  return Object.keys(env)
    .filter((name) => name.startsWith(envPrefix) && !names.includes(name))
    .map((name) => `unknown variable ${name} ignored${meant(name, names)}`);
}

function meant(word: string, candidates: string[]): string {
  const match = nearest(word, candidates);
  return match === undefined ? '' : `, did you mean ${match}?`;
}
