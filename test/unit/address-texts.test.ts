import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressText, parseAddress } from '../../src/common/address.ts';
import { AddressTexts } from '../../src/producer/address-texts.ts';

test('each address has its own text, however many share a place, and whether it was read before or not', () => {
  const random = Array.from(
    { length: 5000 },
    (_, index) => `10.${index & 7}.${(index * 37) & 255}.${index >> 5}`,
  );
  const addresses = ['::', '::1', '::ffff:0:1.2.3.4', '0.0.0.0', '255.255.255.255', '2001:db8::7', ...random];
  const bytes = Uint8Array.from([9, ...addresses.flatMap((address) => [...parseAddress(address)])]);
  const view = new DataView(bytes.buffer, 1);
  const texts = new AddressTexts();
  for (let round = 0; round < 2; round += 1) {
    for (const [index] of addresses.entries()) {
      const expected = addressText(bytes, 1 + 16 * index);
      assert.equal(texts.read(view, 16 * index), expected);
      assert.equal(texts.read(view, 16 * index), expected);
    }
  }
});
