import { Command, CommanderError } from 'commander';
import { TickerError } from '../common/errors.ts';
import { nearest } from '../common/nearest.ts';
import { version } from '../common/version.ts';
import { helpText, synopsis } from './help.ts';
import { optionTable, type WordEntry, wordTable } from './table.ts';

/** The options as given; texts are not checked yet. */
export interface Options {
  dev?: string;
  skbMode?: true;
  ignore?: string[];
  icmpEnable?: string;
  threshold?: string;
  list?: true;
  remove?: true;
  unignore?: string[];
  countPolicy?: string;
  idleReset?: string;
  wide?: true;
  watch?: true;
  skip?: string;
  strict?: true;
  netns?: string;
  sensor?: string;
  json?: true;
  timeout?: string;
  expires?: string;
  key?: string;
  brokers?: string;
  topicPrefix?: string;
  config?: string;
}

export interface CommandLine {
  options: Options;
  /** The word, if there is one, and its argument. */
  word: string | undefined;
  argument: string;
}

/** Options and word of a command line; an answer when it asks for help or version. Throws USAGE. */
export function parseOptions(argv: readonly string[]): { answer: string } | CommandLine {
  const command = new Command('ticker_ctl')
    .helpOption(false)
    .allowExcessArguments()
    .argument('[words...]')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  for (const { flags, doc, repeatable } of optionTable) {
    // Commander takes [0,1] for an argument that may be left out.
    const exact = flags.replace('[0,1]', '<0,1>');
    if (repeatable === true) command.option(exact, doc, collect);
    else command.option(exact, doc);
  }
  try {
    command.parse(argv, { from: 'user' });
  } catch (error) {
    throw usageOf(error);
  }
  const { help, version: wantsVersion, ...options } = command.opts<Options & Record<string, unknown>>();
  if (help === true) return { answer: helpText };
  if (wantsVersion === true) return { answer: `ticker_ctl ${version}\n` };
  if (argv.length === 0) throw usage(helpText.trimEnd(), '');
  const [word, ...rest] = command.args;
  if (word === undefined) return { options, word, argument: '' };
  return { options, word, argument: argumentOf(entryOf(word), rest, options) };
}

/** An error in how the program is called. */
export function usage(message: string, remedy = 'ticker_ctl --help lists all options'): TickerError {
  return new TickerError(message, { code: 'USAGE', remedy });
}

function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

function entryOf(word: string): WordEntry {
  const entry = wordTable.find((candidate) => candidate.word === word);
  if (entry !== undefined) return entry;
  const meant = nearest(
    word,
    wordTable.map((known) => known.word),
  );
  const hint = meant === undefined ? '' : `did you mean ${meant}? `;
  throw usage(`unknown command ${word}`, `${hint}ticker_ctl --help lists all`);
}

function argumentOf(entry: WordEntry, rest: readonly string[], options: Options): string {
  const { word, argument } = entry;
  const given = new Set(Object.keys(options));
  const stranger = optionTable.find(
    ({ kind, flags, goesWith }) => kind !== 'how' && goesWith !== word && given.has(keyOf(flags)),
  );
  if (stranger !== undefined) throw usage(`${stranger.flags} does not go with ${word}`);
  if (rest.length !== (argument === undefined ? 0 : 1)) throw usage(`write ticker_ctl ${synopsis(entry)}`);
  return rest[0] ?? '';
}

/** Commander's name for an option: "skbMode" of "-S, --skb-mode". */
function keyOf(flags: string): string {
  const [, name = ''] = /--([a-z-]+)/.exec(flags) ?? [];
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function usageOf(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error;
  return usage(error.message.replace(/^error: /, '').replaceAll('\n', ' '));
}
