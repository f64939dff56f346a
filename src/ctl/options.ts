import { Command, CommanderError } from 'commander';
import { TickerError } from '../common/errors.ts';
import { nearest } from '../common/nearest.ts';
import { version } from '../common/version.ts';

export interface Options {
  dev?: string;
  skbMode?: boolean;
  ignore?: string;
  icmpEnable?: string;
  threshold?: string;
  list?: boolean;
  remove?: boolean;
  sensor?: string;
  json?: boolean;
  timeout: string;
  brokers?: string;
  topicPrefix?: string;
  config?: string;
}

/** One table for parsing and help: the original's options, in its words, then ours. */
const table: readonly (readonly [flags: string, doc: string])[] = [
  ['-d, --dev <device>', 'Use <device> (required)'],
  ['-S, --skb-mode', 'Use SKB mode (default: try driver mode)'],
  ['-i, --ignore <src_ip>', 'Ignore all <src_ip> packets'],
  ['-I, --icmp-enable [0,1]', 'Disable/Enable icmp responses (default disabled: 0)'],
  ['-t, --threshold <n>', 'Threshold to record the number of times a src_ip changed dest_port (default: 20)'],
  ['-l, --list', 'List source ip and port change counters'],
  ['-r, --remove', 'Remove program from <device>'],
  ['--sensor <id>', "Which sensor, '*' for all (default: PORT_TICKER_SENSOR_ID, or this host's name)"],
  ['--json', 'Print JSON instead of a table'],
  ['--timeout <seconds>', 'How long to wait for an answer (default: 10)'],
  ['--brokers <host:port,...>', 'Kafka brokers (default: PORT_TICKER_KAFKA_BROKERS, or 127.0.0.1:9092)'],
  [
    '--topic-prefix <text>',
    'What topic names begin with (default: PORT_TICKER_TOPIC_PREFIX, or port-ticker)',
  ],
  ['--config <file>', 'JSON file with Kafka settings'],
  ['--version', 'Print the version'],
  ['-h, --help', 'Print this text'],
];

export const helpText = `Usage: ticker_ctl [OPTIONS]

 Options:

${table.map(([flags, doc]) => `  ${flags.padEnd(26)} ${doc}`).join('\n')}

 Examples:

    ticker_ctl -d eth0 -l               :- List logged source ip's whos ports have changed > threshold
    ticker_ctl -d eth0 -l --sensor '*'  :- The same of all sensors

 Not available yet in this version: -S, -i, -I, -t, -r and installing the program on a device.
 port-ticker-producer does this from its settings: port-ticker-producer --help

 Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 no answer in time or Kafka unreachable
`;

/** Options and words of a command line; an answer when it asks for help or version. Throws USAGE. */
export function parseOptions(
  argv: readonly string[],
): { answer: string } | { options: Options; words: string[] } {
  const command = new Command('ticker_ctl')
    .helpOption(false)
    .allowExcessArguments()
    .argument('[words...]')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  // Commander takes [0,1] for an argument that may be left out.
  for (const [flags, doc] of table) command.option(flags.replace('[0,1]', '<0,1>'), doc);
  command.setOptionValue('timeout', '10');
  try {
    command.parse(argv, { from: 'user' });
  } catch (error) {
    throw usage(error);
  }
  const {
    help,
    version: wantsVersion,
    ...options
  } = command.opts<Options & { help?: boolean; version?: boolean }>();
  if (help === true) return { answer: helpText };
  if (wantsVersion === true) return { answer: `ticker_ctl ${version}\n` };
  return { options, words: command.args };
}

/** The mistake in a word that is no command. */
export function unknownWord(word: string, known: readonly string[]): TickerError {
  const meant = nearest(word, known);
  return new TickerError(`unknown command ${word}`, {
    code: 'USAGE',
    remedy: `${meant === undefined ? '' : `did you mean ${meant}? `}ticker_ctl --help lists all`,
  });
}

function usage(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error;
  const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  return new TickerError(message, { code: 'USAGE', remedy: 'ticker_ctl --help lists all options' });
}
