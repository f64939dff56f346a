import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TopicName } from '../../src/common/kafka/topics.ts';
import { markdownTable } from './table.ts';

const folder = join(import.meta.dirname, '../../schemas');

/** The topic of each schema, in the order of the way of the data. */
const topicOf: Readonly<Record<string, TopicName>> = {
  'port-scan-event': 'events',
  'report-entry': 'report',
  'control-command': 'control',
  'control-result': 'control-results',
  'sensor-config': 'config',
  'ignore-prefix': 'config',
  'sensor-status': 'sensors',
};

interface Field {
  name: string;
  type: Type;
  default?: unknown;
  doc?: string;
}
export interface RecordType {
  type: 'record';
  name: string;
  doc?: string;
  fields: Field[];
}
export type Type =
  | string
  | Type[]
  | RecordType
  | { type: 'enum'; name: string; symbols: string[] }
  | { type: 'array'; items: Type }
  | { type: 'map'; values: Type }
  | { type: 'long'; logicalType: 'timestamp-millis' };

/** docs/schemas.md, made of schemas/*.avsc. Throws for a schema of which it does not know the topic. */
export function schemasPage(): string {
  const known = Object.keys(topicOf);
  for (const name of schemaNames())
    if (!known.includes(name)) throw new Error(`scripts/docs/schemas.ts knows no topic of ${name}.avsc`);
  return [introduction, ...known.map(chapter)].join('\n');
}

const introduction = `# Schemas

What is in the topics, field by field. This page is made of [schemas/](../schemas/):
\`PORT_TICKER_WRITE_DOCS=1 node --test test/unit/schemas-page.test.ts\` writes it anew.

Names of topics begin with \`PORT_TICKER_TOPIC_PREFIX\`, here \`port-ticker\`. Each value has one of
[two framings](siem/README.md#who-reads-which-framing). With a schema registry the subject is the topic's name and \`-value\` – that of
IgnorePrefix \`port-ticker.config-ignore-value\` – under BACKWARD compatibility. The topic \`alerts\` has JSON ([alerts.md](alerts.md#documents)), \`dead-letter\` the bytes of others.

A field that was added later has a default, so that a newer program reads what an older one has written; single-object encoding names its
writer by a fingerprint alone, of which \`schemas/history/\` has the earlier versions. An older program reads what a newer one has written
where a schema registry tells it how, and otherwise sets it aside: update those who read before those who write. Of an enumeration a reader
takes a symbol that it does not know for its first one.
`;

export function readSchema(name: string): RecordType {
  return JSON.parse(readFileSync(join(folder, `${name}.avsc`), 'utf8'));
}

function chapter(name: string): string {
  const record = readSchema(name);
  const source = `[${name}.avsc](../schemas/${name}.avsc)`;
  return [
    `## ${record.name}\n`,
    `Topic \`port-ticker.${topicOf[name]}\` · ${source}\n`,
    `${prose(record.doc)}\n`,
    fieldTable(record),
    ...record.fields.flatMap(({ type }) => recordsIn(type)).map(section),
  ].join('\n');
}

/** Of a record within a record. */
function section(record: RecordType): string {
  const doc = record.doc === undefined ? [] : [`${prose(record.doc)}\n`];
  return [`### ${record.name}\n`, ...doc, fieldTable(record)].join('\n');
}

function fieldTable({ fields }: RecordType): string {
  const rows = fields.map((field) => [
    `\`${field.name}\``,
    typeText(field.type),
    'default' in field ? `\`${JSON.stringify(field.default)}\`` : '',
    [prose(field.doc), ...symbolsIn(field.type)].join(' '),
  ]);
  return markdownTable([['field', 'type', 'default', 'is'], ...rows]);
}

function typeText(type: Type): string {
  if (Array.isArray(type)) {
    const others = type.filter((each) => each !== 'null').map(typeText);
    return [...others, ...(type.includes('null') ? ['null'] : [])].join(' or ');
  }
  if (typeof type === 'string') return isNamed(type) ? linkTo(type.replace('port_ticker.', '')) : type;
  switch (type.type) {
    case 'record':
      return linkTo(type.name);
    case 'enum':
      return `enum ${type.name}`;
    case 'array':
      return `array of ${typeText(type.items)}`;
    case 'map':
      return `map of ${typeText(type.values)}`;
    case 'long':
      return 'long, ms since 1970';
  }
}

function isNamed(type: string): boolean {
  return type.startsWith('port_ticker.');
}

function linkTo(name: string): string {
  return `[${name}](#${name.toLowerCase()})`;
}

function symbolsIn(type: Type): string[] {
  if (typeof type === 'string' || Array.isArray(type) || type.type !== 'enum') return [];
  return [`One of ${type.symbols.join(', ')}.`];
}

function recordsIn(type: Type): RecordType[] {
  if (typeof type === 'string') return [];
  if (Array.isArray(type)) return type.flatMap(recordsIn);
  if (type.type === 'record') return [type];
  return type.type === 'array' ? recordsIn(type.items) : [];
}

function schemaNames(): string[] {
  return readdirSync(folder).flatMap((file) => (file.endsWith('.avsc') ? [file.slice(0, -5)] : []));
}

/** As Markdown has it: a * means itself. */
function prose(doc = ''): string {
  return doc.replaceAll(/[*|]/g, '\\$&');
}
