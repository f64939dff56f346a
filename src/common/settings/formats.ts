import convict from 'convict';
import { parsePrefix } from '../address.ts';
import { TickerError } from '../errors.ts';

/**
 * The formats of settings. They replace convict's own, which take "0" and "no" for true and "12abc" for 12:
 * a string that cannot be converted stays a string, and validation then refuses it.
 */
const words: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
};

/** The boolean a word stands for, or undefined. */
export function booleanOf(word: string): boolean | undefined {
  return words[word.toLowerCase()];
}

const wholeNumber = (text: string) => (/^\d+$/.test(text) ? Number(text) : text);
const nonEmpty = (text: string) => text.trim();

convict.addFormats({
  flag: {
    coerce: (text: string) => booleanOf(text) ?? text,
    validate: (value: unknown) => expect(typeof value === 'boolean', 'must be true or false'),
  },
  text: {
    coerce: nonEmpty,
    validate: (value: unknown) => expect(typeof value === 'string' && value !== '', 'must not be empty'),
  },
  list: {
    coerce: (text: string) => text.split(',').map(nonEmpty).filter(Boolean),
    validate: (value: unknown) => expect(isTextList(value), 'must be a list of words, separated by commas'),
  },
  brokers: {
    coerce: (text: string) => text.split(',').map(nonEmpty).filter(Boolean),
    validate: (value: unknown) =>
      expect(
        isTextList(value) && value.length > 0 && value.every(isHostAndPort),
        'must be a list of HOST:PORT, separated by commas',
      ),
  },
  prefixes: {
    coerce: (text: string) => text.split(',').map(nonEmpty).filter(Boolean),
    validate: (value: unknown) => {
      expect(isTextList(value), 'must be a list of addresses and prefixes, separated by commas');
      if (isTextList(value)) for (const text of value) expectPrefix(text);
    },
  },
  ports: {
    coerce: (text: string) => text.split(',').map(nonEmpty).filter(Boolean).map(wholeNumber),
    validate: (value: unknown) =>
      expect(Array.isArray(value) && value.every(isPort), 'must be a list of ports, separated by commas'),
  },
  powerOfTwo: {
    coerce: wholeNumber,
    validate: (value: unknown, schema: convict.SchemaObj) => {
      validateWholeNumber(value, schema);
      expect(Number.isInteger(Math.log2(Number(value))), 'must be a power of two');
    },
  },
  count: { coerce: wholeNumber, validate: validateWholeNumber },
  seconds: { coerce: wholeNumber, validate: validateWholeNumber },
  tcpPort: {
    coerce: wholeNumber,
    validate: (value: unknown) => expect(isPort(value), 'must be a port, 0 to 65535'),
  },
  webAddress: {
    coerce: nonEmpty,
    validate: (value: unknown) =>
      expect(
        typeof value === 'string' && /^https?:\/\/./.test(value) && URL.canParse(value),
        'must be a URL',
      ),
  },
  topicPrefix: {
    coerce: nonEmpty,
    validate: (value: unknown) =>
      expect(
        typeof value === 'string' && /^[A-Za-z0-9._-]{1,200}$/.test(value),
        'must match [A-Za-z0-9._-]{1,200}',
      ),
  },
  sensorId: {
    coerce: nonEmpty,
    validate: (value: unknown) =>
      expect(
        typeof value === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(value),
        'must match [A-Za-z0-9._-]{1,64}',
      ),
  },
});

function expectPrefix(text: string): void {
  try {
    parsePrefix(text);
  } catch (error) {
    if (!(error instanceof TickerError)) throw error;
    throw new Error(`${error.message} (${error.remedy})`);
  }
}

function validateWholeNumber(value: unknown, schema: convict.SchemaObj): void {
  const min = typeof schema['min'] === 'number' ? schema['min'] : 0;
  const max = typeof schema['max'] === 'number' ? schema['max'] : Number.MAX_SAFE_INTEGER;
  const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}`;
  expect(isWhole(value) && value >= min && value <= max, `must be a whole number, ${range}`);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isPort(value: unknown): boolean {
  return isWhole(value) && value <= 65535;
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '');
}

function isHostAndPort(text: string): boolean {
  const match = /^(?:[^\s:[\]/]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})$/.exec(text);
  return match !== null && Number(match[1]) >= 1 && Number(match[1]) <= 65535;
}

function expect(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}
