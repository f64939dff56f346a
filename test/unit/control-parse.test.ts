import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe } from '../../src/common/errors.ts';
import { parseCommand, salvageId } from '../../src/consumer/control/parse.ts';
import { commandCodec, controlCommand } from '../helpers/commands.ts';

const id = '8a5c1b9e-0f3d-4c7a-9b6e-1d2f3a4b5c6d';
const json = `{"id":"${id}","sensor":"edge1","command":"set-threshold","threshold":200}`;

function parse(value: string | Buffer | null) {
  return parseCommand(typeof value === 'string' ? Buffer.from(value) : value, commandCodec);
}

test('JSON by hand with only the needed fields is a command', async () => {
  const expected = controlCommand({ id, threshold: 200 });
  assert.deepEqual(await parse(json), expected);
  assert.deepEqual(await parse(`\r\n\t ${json}\n`), expected);
});

test('Avro is a command', async () => {
  const command = controlCommand({ id, command: 'ignore-add', prefixes: ['192.0.2.1'], issuedAt: 5 });
  assert.deepEqual({ ...(await parse(commandCodec.encode(command))) }, command);
});

test('in JSON null returns a setting to the sensor, but leaving it out is a slip', async () => {
  assert.deepEqual(await parse(json.replace('200', 'null')), controlCommand({ id, threshold: null }));
  await assert.rejects(parse(json.replace(',"threshold":200', '')), {
    code: 'COMMAND',
    message: /the argument threshold of set-threshold is missing/,
  });
});

const wrong: [string, string | Buffer | null, RegExp][] = [
  ['a tombstone', null, /the record is empty/],
  ['an empty value', '', /the record is empty/],
  ['a byte-order mark', `\ufeff${json}`, /byte-order mark – write the JSON as UTF-8 without one/],
  ['JSON cut off', json.slice(0, -1), /no valid JSON/],
  ['a JSON list', `[${json}]`, /JSON but no object/],
  ['a JSON text', `"${id}"`, /JSON but no object/],
  ['an unknown field', json.replace('"threshold"', '"treshold"'), /"treshold" – did you mean threshold\?/],
  ['a missing id', '{"sensor":"edge1","command":"clear-report"}', /the id is missing/],
  ['a missing sensor', `{"id":"${id}","sensor":null,"command":"clear-report"}`, /the sensor is missing/],
  ['a number as text', json.replace('200', '"200"'), /threshold is not a whole number/],
  ['half a number', json.replace('200', '200.5'), /threshold is not a whole number/],
  [
    'a list of numbers',
    `{"id":"${id}","sensor":"e","command":"ignore-add","prefixes":[1]}`,
    /a list of texts/,
  ],
  [
    'an inherited field',
    `{"id":"${id}","sensor":"e","command":"x","constructor":1}`,
    /no field "constructor"/,
  ],
  ['deep nesting', '['.repeat(500_000), /no valid JSON/],
  ['garbage', Buffer.alloc(1_000_000, 0xa7), /neither Avro single-object nor Confluent/],
  ['an unknown schema id', Buffer.from([0, 0, 0, 0, 9, 1, 2, 3]), /schema id 9/],
  ['Avro cut off', commandCodec.encode(controlCommand()).subarray(0, -3), /its bytes do not fit/],
];

for (const [what, value, message] of wrong) {
  test(`${what} is refused with the reason`, async () => {
    await assert.rejects(parse(value), (error) => {
      assert.match(describe(error), message);
      return true;
    });
  });
}

test('the id of a broken command is found where one would look for it', () => {
  const avro = commandCodec.encode(controlCommand({ id }));
  for (const value of [json, `\ufeff${json}`, json.slice(0, 70), `{"sensor":"x", "id" : "${id}"`, avro]) {
    assert.equal(salvageId(Buffer.from(value)), id);
  }
  assert.equal(salvageId(avro.subarray(0, 60)), id);
  for (const value of ['', 'x'.repeat(100), '-'.repeat(36), `{"id":"${'-'.repeat(36)}"}`]) {
    assert.equal(salvageId(Buffer.from(value)), undefined);
  }
  assert.equal(salvageId(null), undefined);
});
