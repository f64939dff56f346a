import { type RecordType, readSchema, type Type } from './schemas.ts';

const head = `/**
 * Made of the schemas in schemas/, which say what each field is: PORT_TICKER_WRITE_DOCS=1 node --test
 * test/unit/event-types.test.ts writes it anew. Times are ms since 1970.
 */
`;

/** src/common/event-types.ts: events and rows as TypeScript knows them. */
export function eventTypes(): string {
  const event = readSchema('port-scan-event');
  const row = readSchema('report-entry');
  const enums = event.fields.flatMap(({ type }) => (isEnum(type) ? [reasonsOf(type.symbols)] : []));
  return [head, ...enums, interfaceOf(event), interfaceOf(row)].join('\n');
}

function reasonsOf(symbols: readonly string[]): string {
  const lines = symbols.map((symbol) => `  '${symbol}',\n`).join('');
  return `export const reasons = [\n${lines}] as const;\n\nexport type Reason = (typeof reasons)[number];\n`;
}

function interfaceOf({ name, fields }: RecordType): string {
  const lines = fields.map((field) => `  ${field.name}: ${typeOf(field.type)};\n`).join('');
  return `export interface ${name} {\n${lines}}\n`;
}

/** The body of `putEvent` in src/producer/event-encoder.ts: a line for each field but those that all events of a batch share. */
export function putLines(): string {
  const fields = readSchema('port-scan-event').fields.slice(shared);
  return fields.map(({ name, type }) => `  at = put${putName(type)}(into, at, event.${name});\n`).join('');
}

/** Sensor and epoch. */
const shared = 2;

/** Throws for a type that the encoder has no function for so far. */
function putName(type: Type): string {
  const name = typeOf(type);
  const known: Readonly<Record<string, string>> = {
    number: 'Long',
    'number | null': 'OptionalLong',
    'number[]': 'Longs',
    string: 'Text',
    'string | null': 'OptionalText',
    'string[]': 'Texts',
    boolean: 'Boolean',
    Reason: 'Reason',
  };
  return known[name] ?? fail(name);
}

/** Throws for a type that neither has so far. */
function typeOf(type: Type): string {
  if (Array.isArray(type)) {
    const others = type.filter((each) => each !== 'null').map(typeOf);
    return [...others, ...(type.includes('null') ? ['null'] : [])].join(' | ');
  }
  if (typeof type === 'string') {
    if (type === 'string' || type === 'boolean') return type;
    if (type === 'int' || type === 'long') return 'number';
  } else {
    if (type.type === 'long') return 'number';
    if (type.type === 'array') return `${typeOf(type.items)}[]`;
    if (isEnum(type)) return type.name;
  }
  return fail(JSON.stringify(type));
}

function fail(type: string): never {
  throw new Error(`scripts/docs/event-types.ts does not know ${type}`);
}

function isEnum(type: Type): type is Extract<Type, { type: 'enum' }> {
  return typeof type === 'object' && !Array.isArray(type) && type.type === 'enum';
}
