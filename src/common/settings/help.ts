import type { CompletedOption } from '../completion/program.ts';
import { shells } from '../completion/script.ts';
import type { Leaf } from './schema.ts';

export interface Program {
  name: string;
  /** What it does, one sentence. */
  description: string;
}

/** One argument of a program, for people. */
export interface HelpEntry extends CompletedOption {
  /** Its environment variable and default: "PORT_TICKER_DEVICES", "default: none". */
  notes: readonly string[];
}

/** The text of --help: every argument with its environment variable and default. */
export function helpText({ name, description }: Program, leaves: readonly Leaf[]): string {
  return `Usage: ${name} [OPTIONS]

${description}

 Options (an argument wins over the environment, and that over the file):

${helpEntries(leaves).map(entryText).join('\n')}
`;
}

/** Every argument of a program with these settings. */
export function helpEntries(leaves: readonly Leaf[]): HelpEntry[] {
  const file = 'JSON file with these settings in groups, {"kafka":{"brokers":["host:9092"]}}';
  return [
    { flags: '--config <file>', doc: file, notes: [], completes: 'files' },
    ...leaves.map(leafEntry),
    {
      flags: '--completion <shell>',
      doc: 'Print completions for bash, zsh or fish',
      notes: [],
      completes: shells,
    },
    { flags: '-h, --help', doc: 'Print this text', notes: [] },
    { flags: '--version', doc: 'Print the version', notes: [] },
  ];
}

function leafEntry({ argument, setting }: Leaf): HelpEntry {
  const short = setting.short === undefined ? '' : `-${setting.short}, `;
  const value = setting.format === 'flag' ? '' : ` <${placeholder(setting)}>`;
  const completes = typeof setting.format === 'string' ? setting.completes : setting.format;
  const byDefault = `default: ${setting.defaultText ?? defaultText(setting.default)}`;
  return {
    flags: `${short}--${argument}${value}`,
    doc: setting.doc,
    ...(completes === undefined ? {} : { completes }),
    notes: [...(setting.env === undefined ? [] : [setting.env]), byDefault],
  };
}

function entryText({ flags, doc, notes }: HelpEntry): string {
  const lines = [`  ${flags}`, `      ${doc}`];
  return [...lines, ...(notes.length === 0 ? [] : [`      [${notes.join(', ')}]`])].join('\n');
}

function placeholder({ format }: Leaf['setting']): string {
  if (typeof format !== 'string') return format.join('|');
  const placeholders: Readonly<Record<string, string>> = {
    count: 'n',
    seconds: 'seconds',
    tcpPort: 'port',
    list: 'a,b,…',
    prefixes: 'prefix,…',
    powerOfTwo: 'n',
    ports: 'port,…',
    brokers: 'host:port,…',
    webAddress: 'url',
    sensorId: 'id',
  };
  return placeholders[format] ?? 'text';
}

function defaultText(value: unknown): string {
  if (value === null || (Array.isArray(value) && value.length === 0)) return 'none';
  return Array.isArray(value) ? value.join(',') : String(value);
}
