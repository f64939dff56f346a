/** What is allocated at a time, and the most that one string of bytes may have. */
const slabSize = 1_048_576;
/** Room is given out in multiples of this, so that what has become a little longer fits where it was; bytes. */
const unit = 16;
/** In front of each string of bytes: how many units it has. */
const headSize = 2;

/** Where a string of bytes lies: the buffer to read it from, and where in it. It may be followed by anything. */
export interface Place {
  buffer: Buffer;
  position: number;
}

/**
 * Strings of bytes outside the JavaScript heap, where a short one takes its own size and no object has to be looked at
 * by the garbage collector. What is given back is given out again for the same size; what is once allocated is kept.
 */
export class Slabs {
  readonly #slabs: Buffer[] = [];
  /** By units: addresses that were given back. */
  readonly #free = new Map<number, number[]>();
  /** The unit behind the last one given out. */
  #end = 0;

  /** Keeps a copy and returns its address. Throws RangeError for more than 1 MB. */
  add(bytes: Buffer): number {
    const units = Math.ceil((headSize + bytes.length) / unit);
    const address = this.#free.get(units)?.pop() ?? this.#extend(units);
    const { buffer, position } = this.at(address);
    buffer.writeUInt16LE(units, position - headSize);
    bytes.copy(buffer, position);
    return address;
  }

  at(address: number): Place {
    const unitsPerSlab = slabSize / unit;
    const buffer = this.#slabs[Math.floor(address / unitsPerSlab)];
    if (buffer === undefined) throw new RangeError(`nothing is at ${address}`);
    return { buffer, position: (address % unitsPerSlab) * unit + headSize };
  }

  /** The address must not be used after this. */
  remove(address: number): void {
    const { buffer, position } = this.at(address);
    const units = buffer.readUInt16LE(position - headSize);
    const free = this.#free.get(units);
    if (free === undefined) this.#free.set(units, [address]);
    else free.push(address);
  }

  #extend(units: number): number {
    const unitsPerSlab = slabSize / unit;
    if (units >= unitsPerSlab) throw new RangeError(`${units * unit} bytes are too many for a slab`);
    const isInOneSlab = (this.#end % unitsPerSlab) + units <= unitsPerSlab;
    const address = isInOneSlab ? this.#end : Math.ceil(this.#end / unitsPerSlab) * unitsPerSlab;
    this.#end = address + units;
    if (this.#end > this.#slabs.length * unitsPerSlab) this.#slabs.push(Buffer.allocUnsafeSlow(slabSize));
    return address;
  }
}
