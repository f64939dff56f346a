import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AvroCodec } from '../../src/common/avro.ts';
import type { PortScanEvent } from '../../src/common/event.ts';
import { DeviceNames } from '../../src/producer/device-names.ts';
import { field } from '../../src/producer/native.ts';
import { entrySize, eventSize, RecordReader } from '../../src/producer/record.ts';
// Bytes as the kernel program wrote them. A new layout needs new ones: that they fail then is their purpose.
import frozen from '../fixtures/kernel-records-v2.json' with { type: 'json' };

const [crossing = '', , final = '', entry = ''] = frozen.records.map(({ bytes }) => bytes);
const wrap = 2 ** 32;

for (const { name, kind, bytes, value } of frozen.records) {
  test(`frozen bytes are read: ${name}`, () => {
    const record = Buffer.from(bytes, 'hex');
    assert.equal(record.length, kind === 'event' ? eventSize : entrySize);
    assert.deepEqual(
      kind === 'event'
        ? reader().readEvents(record, 1)
        : reader({ drops: value.drops }).readEntries(record, 1, 20),
      [value],
    );
  });
}

test('several records lie back to back, and what lies behind them is not read', () => {
  const records = Buffer.from(crossing + final + crossing, 'hex');
  const sequences = (count: number) =>
    reader()
      .readEvents(records, count)
      .map(({ sequence }) => sequence);
  assert.deepEqual(sequences(2), [1, 4]);
  assert.deepEqual(sequences(0), []);
});

test('records are read out of the middle of a larger buffer', () => {
  const buffer = Buffer.alloc(24 + eventSize);
  buffer.set(Buffer.from(crossing, 'hex'), 24);
  assert.deepEqual(reader().readEvents(buffer.subarray(24), 1), [frozen.records[0]?.value]);
});

test('everything that is read fits the schema of the topic', () => {
  const codec = new AvroCodec<PortScanEvent>('port-scan-event');
  const events = [
    ...reader().readEvents(Buffer.from(crossing + final, 'hex'), 2),
    ...reader().readEntries(Buffer.from(entry, 'hex'), 1, 20),
  ];
  for (const event of events) assert.doesNotThrow(() => codec.encode(event));
});

test('sequence and drops have 64 bits, the count all of its 32', () => {
  const record = Buffer.from(crossing, 'hex');
  record.writeBigUInt64LE(2n ** 40n + 7n, offset('sequence', 8));
  record.writeBigUInt64LE(2n ** 33n, offset('drops', 8));
  record.writeUInt32LE(wrap - 1, offset('source', 64) + field('source', 'changes', 4));
  const [event] = reader().readEvents(record, 1);
  assert.equal(event?.sequence, 2 ** 40 + 7);
  assert.equal(event?.drops, 2 ** 33);
  assert.equal(event?.changeCount, wrap - 1);
});

test('an event says what was lost while it waited in the ring, too', () => {
  const [event] = reader({ drops: 5 }).readEvents(Buffer.from(crossing, 'hex'), 1);
  assert.equal(event?.drops, 5);
});

test('TCP flags belong to TCP, and VLAN 0 is a VLAN', () => {
  const record = Buffer.from(crossing, 'hex');
  record.writeUInt16LE(0, offset('vlan', 2));
  record.writeUInt8(0, offset('tcp_flags', 1));
  const read = () => reader().readEvents(record, 1)[0];
  assert.deepEqual([read()?.vlan, read()?.tcpFlags], [0, 0]);
  record.writeUInt8(132, offset('protocol', 1));
  assert.equal(read()?.tcpFlags, null);
});

test('a device that is gone has no name, a reason that is not known is UNKNOWN', () => {
  const record = Buffer.from(crossing, 'hex');
  record.writeUInt32LE(9, offset('ifindex', 4));
  record.writeUInt8(200, offset('reason', 1));
  const [event] = reader().readEvents(record, 1);
  assert.equal(event?.device, null);
  assert.equal(event?.reason, 'UNKNOWN');
  assert.equal(event?.destinationPort, 1022);
});

test('without a packet, the device is the only one that the epoch has seen', () => {
  const read = (devices: DeviceNames) => [
    reader({ devices }).readEvents(Buffer.from(final, 'hex'), 1)[0]?.device,
    reader({ devices }).readEntries(Buffer.from(entry, 'hex'), 1, 20)[0]?.device,
    reader({ devices }).resetEvent('*', 20).device,
  ];
  const resumed = new DeviceNames({ resumed: true });
  resumed.note({ ifindex: 1, device: 'eth0' });
  assert.deepEqual(read(devicesOf('eth0')), ['eth0', 'eth0', null]);
  assert.deepEqual(read(devicesOf('eth0', 'eth0')), ['eth0', 'eth0', null], 'one that has come again');
  for (const unsure of [devicesOf('eth0', 'eth1'), resumed, devicesOf()])
    assert.deepEqual(read(unsure), [null, null, null]);
});

test('the table keeps 32 bits of a tick: times are right across the wrap, and so is the episode', () => {
  const bornTick = 3 * wrap - 1000;
  const now = { tick: 3 * wrap + 500, time: 1_780_000_100_000 };
  const record = Buffer.from(entry, 'hex');
  record.writeUInt32LE(wrap - 125, 8 + field('source', 'first', 4));
  record.writeUInt32LE(375, 8 + field('source', 'last', 4));
  const [event] = reader({ bornTick, now }).readEntries(record, 1, 20);
  assert.equal(event?.episode, frozen.epoch.bornTime + 875 * 16);
  assert.equal(event?.lastChange, now.time - 125 * 16);
});

test('the episode comes out the same whenever and by whichever clock it is read', () => {
  const later = { tick: frozen.now.tick + 100_000, time: frozen.now.time + 1_600_777 };
  const record = Buffer.from(entry, 'hex');
  const [event] = reader({ now: later }).readEntries(record, 1, 20);
  assert.equal(event?.episode, frozen.records[3]?.value.episode);
});

function reader({
  bornTick = frozen.epoch.bornTick,
  now = frozen.now,
  drops = 0,
  devices = devicesOf('eth0', 'eth1'),
} = {}): RecordReader {
  return new RecordReader({
    sensor: 'edge1',
    epoch: { ...frozen.epoch, bornTick },
    now: () => now,
    drops: () => drops,
    devices,
  });
}

/** With the indexes 1, 2, …. */
function devicesOf(...names: string[]): DeviceNames {
  const devices = new DeviceNames({ resumed: false });
  names.forEach((device, index) => {
    devices.note({ ifindex: index + 1, device });
  });
  return devices;
}

function offset(name: string, bytes: number): number {
  return field('event', name, bytes);
}
