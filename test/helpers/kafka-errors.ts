import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { createErrorFromCode, errorCodes } = require('kafkajs/src/protocol/error') as {
  createErrorFromCode: (code: number) => Error;
  errorCodes: { type: string; code: number }[];
};

/** The error that kafkajs makes of a broker's answer, by its name in the protocol. */
export function kafkaError(type: string): Error {
  const known = errorCodes.find((each) => each.type === type);
  if (known === undefined) throw new Error(`kafkajs knows no ${type}`);
  return createErrorFromCode(known.code);
}
