import { addressText, ipv4Text } from '../common/address.ts';

/** Addresses that are remembered: 2 to the power of this, about 100 KB. */
const placeBits = 10;
const places = 2 ** placeBits;
const words = 4;
/** Of ::ffff:a.b.c.d, the third word; the two before it are 0. */
const mapped = 0xffff;

/**
 * Texts of addresses, of which the recent ones are remembered: scanners and their targets come again and again. An address
 * has one place, where another one may displace it.
 */
export class AddressTexts {
  readonly #addresses = new Uint32Array(places * words);
  readonly #texts = new Array<string>(places).fill('::');

  /** RFC 5952 text of the 16 bytes at `at`; an IPv4-mapped address as dotted IPv4. */
  read(view: DataView, at: number): string {
    const a = view.getUint32(at);
    const b = view.getUint32(at + 4);
    const c = view.getUint32(at + 8);
    const d = view.getUint32(at + 12);
    const place = Math.imul(a ^ b ^ c ^ d, 0x9e3779b1) >>> (32 - placeBits);
    const first = place * words;
    const known = this.#addresses;
    if (known[first] === a && known[first + 1] === b && known[first + 2] === c && known[first + 3] === d) {
      return this.#texts[place] ?? '';
    }
    const isIpv4 = a === 0 && b === 0 && c === mapped;
    const text = isIpv4
      ? ipv4Text(d)
      : addressText(new Uint8Array(view.buffer, view.byteOffset + at, words * 4));
    known.set([a, b, c, d], first);
    this.#texts[place] = text;
    return text;
  }
}
