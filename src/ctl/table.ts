import type { CompletedOption, CompletedWord } from '../common/completion/program.ts';
import { shells } from '../common/completion/script.ts';
import type { CommandName } from '../common/control/records.ts';
import { checkIds } from './doctor/checks.ts';

/** One option of ticker_ctl: parsing, help, man page and completions are made of it. Commander reads the flags. */
export interface OptionEntry extends CompletedOption {
  /** `change` asks sensors to do something, `report` prints, `how` says how either is done. */
  kind: 'change' | 'report' | 'how';
  /** A word that it goes with too; options of kind `how` go with all. */
  goesWith?: string;
}

/** A word in place of an option, with the name of its argument, if it takes one. */
export interface WordEntry extends CompletedWord {
  argument?: string;
  /** The command that it sends: about a source where it takes an argument, else about nothing. */
  sends?: CommandName;
}

/** Says "what the sensor's own settings have" where a value is expected. */
export const own = 'own';

/** The original's options, in its words, then ours. */
export const optionTable: readonly OptionEntry[] = [
  { flags: '-d, --dev <device>', doc: 'Use <device> (required)', kind: 'how', completes: 'devices' },
  { flags: '-S, --skb-mode', doc: 'Use SKB mode (default: try driver mode)', kind: 'change' },
  { flags: '-i, --ignore <src_ip>', doc: 'Ignore all <src_ip> packets', kind: 'change', repeatable: true },
  {
    flags: '-I, --icmp-enable [0,1]',
    doc: 'Disable/Enable icmp responses (default disabled: 0)',
    kind: 'change',
    completes: ['0', '1', own],
  },
  {
    flags: '-t, --threshold <n>',
    doc: 'Threshold to record the number of times a src_ip changed dest_port (default: 20)',
    kind: 'change',
  },
  { flags: '-l, --list', doc: 'List source ip and port change counters', kind: 'report' },
  { flags: '-r, --remove', doc: 'Remove program from <device>', kind: 'change' },
  {
    flags: '--unignore <src_ip>',
    doc: 'Take <src_ip> from the ignore list',
    kind: 'change',
    repeatable: true,
  },
  {
    flags: '--count-policy <policy>',
    doc: 'What counts: attempts, or all TCP and UDP packets (default: attempts)',
    kind: 'change',
    completes: ['attempts', 'all', own],
  },
  {
    flags: '--idle-reset <seconds>',
    doc: 'Begin anew after so long without a change, 0 never (default: 3600)',
    kind: 'change',
  },
  {
    flags: '--wide',
    doc: 'With -l: every reported source, with what is known of it; with doctor: all that was found',
    kind: 'report',
    goesWith: 'doctor',
  },
  {
    flags: '--watch',
    doc: 'With -l or status: keep it on the terminal, up to date',
    kind: 'report',
    goesWith: 'status',
  },
  {
    flags: '--skip <check,...>',
    doc: 'With doctor: without these checks',
    kind: 'report',
    goesWith: 'doctor',
    completes: checkIds,
  },
  {
    flags: '--strict',
    doc: 'With doctor: exit with 1 for warnings too',
    kind: 'report',
    goesWith: 'doctor',
  },
  {
    flags: '--netns <path>',
    doc: 'With doctor: the network namespace of <device> (default: PORT_TICKER_NETNS)',
    kind: 'report',
    goesWith: 'doctor',
    completes: 'files',
  },
  {
    flags: '--sensor <id>',
    doc: "Which sensor, '*' for all (default: PORT_TICKER_SENSOR_ID, or this host's name)",
    kind: 'how',
  },
  { flags: '--json', doc: 'Print JSON', kind: 'how' },
  { flags: '--timeout <seconds>', doc: 'How long to wait for answers (default: 10)', kind: 'how' },
  {
    flags: '--expires <seconds>',
    doc: 'Not to be carried out later than this from now (default: whenever it arrives)',
    kind: 'how',
  },
  { flags: '--key <file>', doc: 'Sign with this key, see keygen', kind: 'how', completes: 'files' },
  {
    flags: '--brokers <host:port,...>',
    doc: 'Kafka brokers (default: PORT_TICKER_KAFKA_BROKERS, or 127.0.0.1:9092)',
    kind: 'how',
  },
  {
    flags: '--topic-prefix <text>',
    doc: 'What topic names begin with (default: PORT_TICKER_TOPIC_PREFIX, or port-ticker)',
    kind: 'how',
  },
  { flags: '--config <file>', doc: 'JSON file with Kafka settings', kind: 'how', completes: 'files' },
  { flags: '--version', doc: 'Print the version', kind: 'how' },
  { flags: '-h, --help', doc: 'Print this text', kind: 'how' },
];

export const wordTable: readonly WordEntry[] = [
  { word: 'status', doc: 'What every sensor does, and how old that knowledge is' },
  { word: 'explain', sends: 'explain', argument: 'src_ip', doc: 'Why a source is in the report, or is not' },
  {
    word: 'reset-source',
    sends: 'reset-source',
    argument: 'src_ip',
    doc: 'Count a source from nothing again, and remove its row',
  },
  { word: 'clear-report', sends: 'clear-report', doc: 'The same for every source' },
  { word: 'forget', argument: 'sensor', doc: 'Take a sensor that is gone from the status' },
  { word: 'keygen', argument: 'file', doc: 'Make a key that signs commands', completes: 'files' },
  {
    word: 'completion',
    argument: 'shell',
    doc: 'Print completions for bash, zsh or fish',
    completes: shells,
  },
  {
    word: 'doctor',
    doc: 'Check Kafka and the sensor, and with -d this machine: what is wrong, and what helps',
  },
];
