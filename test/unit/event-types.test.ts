import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { eventTypes, putLines } from '../../scripts/docs/event-types.ts';
import { isWriting } from '../helpers/generated-table.ts';

const file = new URL('../../src/common/event-types.ts', import.meta.url);
const encoder = new URL('../../src/producer/event-encoder.ts', import.meta.url);

test('events and rows have the fields in TypeScript that the schemas have', () => {
  if (isWriting) writeFileSync(file, eventTypes());
  assert.equal(readFileSync(file, 'utf8'), eventTypes(), 'PORT_TICKER_WRITE_DOCS=1 writes the file anew');
});

test('the encoder of events puts the fields in the order that the schema has', () => {
  const text = readFileSync(encoder, 'utf8');
  const expected = text.replace(/(?<=^ {2}let at = begin;\n)( {2}at = put.*\n)+/m, putLines());
  if (isWriting) writeFileSync(encoder, expected);
  assert.ok(expected.includes(putLines()));
  assert.equal(readFileSync(encoder, 'utf8'), expected, 'PORT_TICKER_WRITE_DOCS=1 writes the lines anew');
});
