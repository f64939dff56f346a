import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AvroCodec } from '../../src/common/avro.ts';
import type { PortScanEvent } from '../../src/common/event.ts';
import { Decoder } from '../../src/consumer/decoder.ts';
import { countUpdate, portScanEvent, resetEvent } from '../helpers/records.ts';
import { silent } from '../helpers/topics.ts';

const codec = new AvroCodec<PortScanEvent>('port-scan-event');

async function isTaken(event: PortScanEvent): Promise<boolean> {
  const decoder = new Decoder(codec, 'events', silent);
  const record = { key: Buffer.from('k'), value: codec.encode(event), headers: { h: 'x' }, offset: '7' };
  const decoded = await decoder.decode(record, 3);
  if ('statement' in decoded) assert.deepEqual([{ ...decoded.statement }, decoder.failures], [event, 0]);
  else {
    const { reason, ...found } = decoded.poison;
    assert.deepEqual([found, decoder.failures], [{ ...record, topic: 'events', partition: 3 }, 1]);
    assert.match(reason, /^a record makes no sense: /);
  }
  return 'statement' in decoded;
}

for (const [what, event] of [
  ['an event', portScanEvent()],
  ['one without a packet', countUpdate()],
  ['a reset of all', resetEvent({ source: '*' })],
  ['a sweep without a change', portScanEvent({ changeCount: 0, distinctPorts: 1, ports: [22] })],
] as const) {
  test(`${what} is read`, async () => {
    assert.equal(await isTaken(event), true);
  });
}

const nonsense: [string, Partial<PortScanEvent>][] = [
  ['a malformed sensor id', { sensor: 'a/b' }],
  ['a source that is no address', { source: 'nobody' }],
  ['* for a source, and a port', { source: '*' }],
  ['a destination that is no address', { destination: 'nowhere' }],
  ['a time that no Date can be', { lastChange: Number.MAX_SAFE_INTEGER - 1 }],
  ['a time before 1970', { episode: -1 }],
  ['a text that no sensor writes', { epoch: 'x'.repeat(256) }],
  ['a list that no sensor writes', { kinds: new Array<string>(65).fill('SYN') }],
  ['a text in a list that no sensor writes', { kinds: ['x'.repeat(256)] }],
];

for (const [what, changed] of nonsense) {
  test(`a record with ${what} is skipped and counted`, async () => {
    assert.equal(await isTaken(portScanEvent(changed)), false);
  });
}
