import type { Sensor } from '../../xdp/addon/addon.d.ts';
import { packPrefixes, parsePrefix, prefixText, unpackPrefixes } from '../common/address.ts';

type IgnoringSensor = Pick<Sensor, 'ignoreList' | 'ignoreAdd' | 'ignoreRemove'>;

/** The kernel's ignore list, and what it holds as text: RFC 5952 and length. */
export class IgnoreList {
  readonly #sensor: IgnoringSensor;
  #present: ReadonlySet<string>;

  /** Takes over what is there. */
  constructor(sensor: IgnoringSensor) {
    this.#sensor = sensor;
    this.#present = this.#read();
  }

  get present(): ReadonlySet<string> {
    return this.#present;
  }

  /** Brings it to exactly these prefixes, by the difference. */
  set(wanted: ReadonlySet<string>): void {
    const surplus = [...this.#present].filter((prefix) => !wanted.has(prefix));
    const missing = [...wanted].filter((prefix) => !this.#present.has(prefix));
    if (surplus.length + missing.length === 0) return;
    try {
      if (surplus.length > 0) this.#sensor.ignoreRemove(packed(surplus));
      if (missing.length > 0) this.#sensor.ignoreAdd(packed(missing));
      this.#present = new Set(wanted);
    } catch (error) {
      this.#present = this.#read(); // it may have come half-way
      throw error;
    }
  }

  #read(): Set<string> {
    return new Set(unpackPrefixes(this.#sensor.ignoreList()).map(prefixText));
  }
}

function packed(prefixes: readonly string[]): Uint8Array {
  return packPrefixes(prefixes.map(parsePrefix));
}
