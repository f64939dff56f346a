import assert from 'node:assert/strict';
import { isIPv6, SocketAddress } from 'node:net';
import { test } from 'node:test';
import {
  addressText,
  packPrefixes,
  parseAddress,
  parsePrefix,
  prefixText,
  unpackPrefixes,
} from '../../src/common/address.ts';
import { TickerError } from '../../src/common/errors.ts';

/** RFC 5952's own examples, and the border cases of shortening. */
const texts = [
  ['0.0.0.0', '0.0.0.0'],
  ['255.255.255.255', '255.255.255.255'],
  ['::', '::'],
  ['::1', '::1'],
  ['2001:0db8:0::0001', '2001:db8::1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:DB8::AAAA', '2001:db8::aaaa'],
  ['1::', '1::'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['::192.0.2.33', '::c000:221'],
] as const;

for (const [given, canonical] of texts) {
  test(`${given} is written ${canonical}`, () => assert.equal(addressText(parseAddress(given)), canonical));
}

test('any IPv6 address reads back as it was, and as Node reads it', () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 48271) % 2147483647;
    return seed;
  };
  for (let round = 0; round < 2_000; round += 1) {
    const bytes = Uint8Array.from({ length: 16 }, () => (random() % 3 === 0 ? random() % 256 : 0));
    const text = addressText(bytes);
    assert.deepEqual(parseAddress(text), bytes, text);
    if (isIPv6(text))
      assert.equal(
        new SocketAddress({ family: 'ipv6', address: text }).address,
        text.replace(/^::([0-9a-f]{1,4}):([0-9a-f]{1,4})$/, (_, high, low) => dotted(high, low)),
      );
  }
});

test('an address is read at its offset in a larger record', () => {
  const record = Uint8Array.from([9, 9, ...parseAddress('2001:db8::1'), 9]);
  assert.equal(addressText(record, 2), '2001:db8::1');
});

for (const wrong of [
  '',
  'localhost',
  '1.2.3',
  '1.2.3.4.5',
  '256.1.1.1',
  '01.2.3.4',
  'fe80::1%eth0',
  '1:2:3',
  ':::',
]) {
  test(`"${wrong}" is no address`, () => assert.throws(() => parseAddress(wrong), { code: 'ADDRESS' }));
}

for (const [given, canonical] of [
  ['192.0.2.7', '192.0.2.7/32'],
  ['192.0.2.0/24', '192.0.2.0/24'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['192.0.2.128/25', '192.0.2.128/25'],
  ['2001:db8::7', '2001:db8::7/128'],
  ['2001:db8::/33', '2001:db8::/33'],
  ['::/0', '::/0'],
  ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
] as const) {
  test(`${given} is the prefix ${canonical}`, () => assert.equal(prefixText(parsePrefix(given)), canonical));
}

for (const wrong of [
  '192.0.2.0/33',
  '2001:db8::/129',
  '192.0.2.0/',
  '192.0.2.0/-1',
  '192.0.2.0/8/8',
  '192.0.2.0/1e1',
  'eth0/24',
]) {
  test(`"${wrong}" is no prefix`, () => assert.throws(() => parsePrefix(wrong), { code: 'ADDRESS' }));
}

for (const [given, meant] of [
  ['192.0.2.7/24', '192.0.2.0/24'],
  ['10.1.0.0/8', '10.0.0.0/8'],
  ['2001:db8::1/64', '2001:db8::/64'],
] as const) {
  test(`${given} is refused and ${meant} named`, () => {
    assert.throws(
      () => parsePrefix(given),
      (error: unknown) =>
        error instanceof TickerError && error.code === 'ADDRESS' && error.remedy.includes(meant),
    );
  });
}

test('prefixes are packed in 18 bytes each: family, bits, address with IPv4 in front', () => {
  const prefixes = ['192.0.2.0/24', '2001:db8::/32'].map(parsePrefix);
  const packed = packPrefixes(prefixes);
  assert.equal(packed.length, 36);
  assert.deepEqual([...packed.subarray(0, 7)], [4, 24, 192, 0, 2, 0, 0]);
  assert.deepEqual([...packed.subarray(18, 25)], [6, 32, 0x20, 0x01, 0x0d, 0xb8, 0]);
  assert.deepEqual(unpackPrefixes(packed), prefixes);
});

/** Node writes addresses below ::1:0:0 with a dotted end; RFC 5952 leaves that to known prefixes. */
function dotted(high: string, low: string): string {
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return `::${a >> 8}.${a & 255}.${b >> 8}.${b & 255}`;
}
