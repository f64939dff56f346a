import type { Leaf } from './schema.ts';

export interface Program {
  name: string;
  /** What it does, one sentence. */
  description: string;
}

/** The text of --help: every argument with its environment variable and default. */
export function helpText({ name, description }: Program, leaves: readonly Leaf[]): string {
  return `Usage: ${name} [OPTIONS]

${description}

 Options (an argument wins over the environment, and that over the file):

${entry('--config <file>', 'JSON file with these settings in groups, {"kafka":{"brokers":["host:9092"]}}')}
${leaves.map(leafEntry).join('\n')}
${entry('-h, --help', 'Print this text')}
${entry('--version', 'Print the version')}
`;
}

function leafEntry({ argument, setting }: Leaf): string {
  const short = setting.short === undefined ? '' : `-${setting.short}, `;
  const value = setting.format === 'flag' ? '' : ` <${placeholder(setting)}>`;
  const notes = [setting.env, `default: ${defaultText(setting.default)}`].filter(
    (note) => note !== undefined,
  );
  return `${entry(`${short}--${argument}${value}`, setting.doc)}\n${' '.repeat(6)}[${notes.join(', ')}]`;
}

function entry(left: string, doc: string): string {
  return `  ${left}\n      ${doc}`;
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
