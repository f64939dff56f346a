#!/usr/bin/env node
import { describe, TickerError } from '../common/errors.ts';
import { helpText, type Options, parseOptions, unknownWord } from './options.ts';

/** What the process exits with. */
const exit = { done: 0, failed: 1, usage: 2, noAnswer: 3 };
/** Errors that are no answer. */
const noAnswer = ['TIMEOUT', 'TOPIC_MISSING', 'REGISTRY_UNREACHABLE', 'REGISTRY_ACCESS'];

const words = ['explain', 'status', 'doctor', 'forget'];

process.stdout.on('error', () => process.exit(exit.failed)); // the reader of the pipe has gone
try {
  await run(process.argv.slice(2));
  process.exit(exit.done);
} catch (error) {
  process.stderr.write(`${describe(error)}\n`);
  process.exit(exitCodeOf(error));
}

async function run(argv: readonly string[]): Promise<void> {
  const parsed = parseOptions(argv);
  if ('answer' in parsed) {
    process.stdout.write(parsed.answer);
    return;
  }
  const { options } = parsed;
  const [word] = parsed.words;
  if (word !== undefined)
    throw words.includes(word)
      ? notYet(word, 'ticker_ctl -d <device> -l prints the report')
      : unknownWord(word, words);
  if (argv.length === 0) throw new TickerError(helpText.trimEnd(), { code: 'USAGE', remedy: '' });
  if (options.dev === undefined) {
    throw new TickerError('-d <device> is missing', { code: 'USAGE', remedy: 'say for example -d eth0 -l' });
  }
  const change = changeIn(options);
  if (change !== undefined)
    throw notYet(change, 'nothing was changed; set it at the sensor, see port-ticker-producer --help');
  // Loaded only here: Kafka and Avro would double the time that --help takes.
  const { list } = await import('./list.ts');
  await list(options);
}

/** The option that asks to change something, if any: a device alone asks to install the program on it. */
function changeIn(options: Options): string | undefined {
  if (options.remove === true) return '-r, --remove';
  if (options.ignore !== undefined) return '-i, --ignore';
  if (options.icmpEnable !== undefined) return '-I, --icmp-enable';
  if (options.threshold !== undefined) return '-t, --threshold';
  if (options.skbMode === true) return '-S, --skb-mode';
  return options.list === true ? undefined : 'installing the program on a device';
}

function notYet(what: string, remedy: string): TickerError {
  return new TickerError(`${what} is not available yet in this version`, { code: 'NOT_AVAILABLE', remedy });
}

function exitCodeOf(error: unknown): number {
  const code = error instanceof TickerError ? error.code : '';
  if (code === 'USAGE' || code === 'SETTINGS') return exit.usage;
  return code.startsWith('KAFKA') || noAnswer.includes(code) ? exit.noAnswer : exit.failed;
}
