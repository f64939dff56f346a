import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AvroCodec } from '../../src/common/avro.ts';
import { type PortScanEvent, reasons } from '../../src/common/event.ts';
import { EventEncoder } from '../../src/producer/event-encoder.ts';
import { portScanEvent } from '../helpers/records.ts';

const codec = new AvroCodec<PortScanEvent>('port-scan-event');
const hex = (values: readonly Buffer[]) => values.map((value) => value.toString('hex'));
const byCodec = (events: readonly PortScanEvent[]) => events.map((event) => codec.encode(event));

test('every kind of event is written as the codec writes it, byte for byte', () => {
  const events = [
    portScanEvent(),
    ...reasons.map((reason) => portScanEvent({ reason })),
    portScanEvent({
      sequence: null,
      device: null,
      vlan: null,
      destination: null,
      tcpFlags: null,
      protocol: null,
    }),
    portScanEvent({ ports: [], kinds: [], tool: 'NMAP', verdict: true, score: -4 }),
    portScanEvent({ device: 'büro→🦊', source: '2001:db8:0:1:2:3:4:5', kinds: ['SYN', 'XMAS', 'FRAGMENT'] }),
  ];
  assert.deepEqual(hex(new EventEncoder(codec).encode(events)), hex(byCodec(events)));
});

test('numbers of every length are written as the codec writes them', () => {
  const bits = Array.from({ length: 52 }, (_, power) => 2 ** power);
  const events = [0, ...bits.flatMap((bit) => [bit - 1, bit])].map((time) =>
    portScanEvent({ time, drops: time }),
  );
  assert.deepEqual(hex(new EventEncoder(codec).encode(events)), hex(byCodec(events)));
});

test('a batch is written whole, however large, and none of it changes with the next one', () => {
  const encoder = new EventEncoder(codec);
  const events = Array.from({ length: 3000 }, (_, sequence) => portScanEvent({ sequence }));
  const values = encoder.encode(events);
  const first = hex(values);
  encoder.encode(events.map((event) => ({ ...event, source: '::' })));
  assert.deepEqual(first, hex(byCodec(events)));
  assert.deepEqual(hex(values), first);
  assert.deepEqual(encoder.encode([]), []);
});

test('the longest sensor id and header have room', () => {
  const header = Buffer.alloc(10, 1);
  const event = portScanEvent({ sensor: 'x'.repeat(64), epoch: 'f'.repeat(16) });
  const [value = Buffer.alloc(0)] = new EventEncoder({ header }).encode([event]);
  assert.deepEqual(value.subarray(10), codec.encode(event).subarray(10));
});
