import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { eventTypes } from '../../scripts/docs/event-types.ts';
import { isWriting } from '../helpers/generated-table.ts';

const file = new URL('../../src/common/event-types.ts', import.meta.url);

test('events and rows have the fields in TypeScript that the schemas have', () => {
  if (isWriting) writeFileSync(file, eventTypes());
  assert.equal(readFileSync(file, 'utf8'), eventTypes(), 'PORT_TICKER_WRITE_DOCS=1 writes the file anew');
});
