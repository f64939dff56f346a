import { calculate, combine, jumps } from './bpf-arithmetic.ts';
import type { BpfProgram } from './bpf-object.ts';

/** What a packet has taken. */
export interface Run {
  verdict: number;
  /** Executed; a call of a helper is one. */
  instructions: number;
  /** Calls of helpers. */
  helpers: number;
  /** Distinct cache lines, 64 bytes, of maps and data that were touched: not of the frame or the stack. */
  lines: number;
}

/** An array map: how large an element is, and how many there are. Or a ring, of one record. */
export interface ArrayMap {
  valueSize: number;
  entries?: number;
}

const frameRegion = 1;
const stackRegion = 2;
const contextRegion = 3;
const firstData = 4;
const stackFrame = 512;
const deepest = 8;
const mask32 = 0xffff_ffffn;
/** Where the memory of a region begins: compilers compare the lower half of an address with 0. */
const base = 0x1_0000;

/**
 * Executes a BPF program as the kernel's interpreter does, on maps that are plain memory, and counts. An address is the number
 * of a region, times 2^32, and a place in it: what the verifier would refuse, an access outside, is an error here.
 * A helper that nobody has needed so far is an error, too.
 */
export class BpfMachine {
  /** What jiffies say. */
  jiffies = 1n << 30n;
  readonly #program: BpfProgram;
  readonly #maps: Readonly<Record<string, ArrayMap>>;
  readonly #numbers = new Map<string, number>();
  readonly #memory: Buffer[] = [];
  readonly #registers = new BigUint64Array(11);
  #touched = new Set<bigint>();
  #helpers = 0;

  constructor(program: BpfProgram, maps: Readonly<Record<string, ArrayMap>>) {
    this.#program = program;
    this.#maps = maps;
    this.#memory[stackRegion] = Buffer.alloc(stackFrame * deepest);
    for (const [name, { valueSize, entries = 1 }] of Object.entries(maps))
      this.#add(name, Buffer.alloc(valueSize * entries));
    for (const [name, bytes] of program.data) this.#add(name, Buffer.from(bytes));
  }

  /** The bytes of a map or a section of data, to be read and written. */
  memory(name: string): Buffer {
    const memory = this.#memory[this.#numbers.get(name) ?? -1];
    if (memory === undefined) throw new Error(`no memory ${name}`);
    return memory;
  }

  run(frame: Buffer): Run {
    this.#memory[frameRegion] = Buffer.from(frame);
    this.#touched = new Set();
    this.#helpers = 0;
    this.#registers[1] = address(contextRegion, 0);
    this.#registers[10] = address(stackRegion, stackFrame);
    const instructions = this.#execute();
    return {
      verdict: Number(this.#registers[0]),
      instructions,
      helpers: this.#helpers,
      lines: this.#touched.size,
    };
  }

  #add(name: string, memory: Buffer): void {
    this.#numbers.set(name, firstData + this.#numbers.size);
    this.#memory[firstData + this.#numbers.size - 1] = memory;
  }

  /** Returns how many instructions it took. */
  #execute(): number {
    const { code, entry } = this.#program;
    const registers = this.#registers;
    const returns: { at: number; saved: BigUint64Array }[] = [];
    let count = 0;
    for (let at = entry; ; at++) {
      const opcode = code.getUint8(8 * at);
      const destination = code.getUint8(8 * at + 1) & 15;
      const source = code.getUint8(8 * at + 1) >> 4;
      const offset = code.getInt16(8 * at + 2, true);
      const immediate = code.getInt32(8 * at + 4, true);
      const from = opcode & 8 ? this.#get(source) : BigInt.asUintN(64, BigInt(immediate));
      count++;
      switch (opcode & 7) {
        case 0: // LD: only of 64 bits at once, over two instructions
          registers[destination] = this.#constant(at, immediate, code.getInt32(8 * at + 12, true));
          at++;
          break;
        case 1: // LDX
          registers[destination] = this.#load(this.#get(source) + BigInt(offset), width(opcode));
          break;
        case 2: // ST
          this.#store(this.#get(destination) + BigInt(offset), width(opcode), BigInt(immediate));
          break;
        case 3: // STX
          if (opcode >> 5 === 6) this.#atomic(immediate, destination, source, offset, width(opcode));
          else this.#store(this.#get(destination) + BigInt(offset), width(opcode), this.#get(source));
          break;
        case 4: // ALU
        case 7: // ALU64
          registers[destination] = calculate(opcode, this.#get(destination), from, immediate);
          break;
        default: // JMP, JMP32
          if (opcode === 0x95) {
            const caller = returns.pop();
            if (caller === undefined) return count;
            registers.set(caller.saved, 6);
            at = caller.at;
          } else if (opcode === 0x85 && source === 1) {
            returns.push({ at, saved: registers.slice(6) });
            registers[10] = this.#get(10) + BigInt(stackFrame);
            at += immediate;
          } else if (opcode === 0x85) {
            this.#call(immediate);
          } else if (jumps(opcode, this.#get(destination), from)) {
            at += offset;
          }
      }
    }
  }

  #get(register: number): bigint {
    return this.#registers[register] ?? 0n;
  }

  #constant(at: number, low: number, high: number): bigint {
    const symbol = this.#program.symbols.get(at);
    if (symbol === undefined) return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
    return address(this.#numbers.get(symbol.name) ?? 0, symbol.offset);
  }

  #load(at: bigint, bytes: number): bigint {
    if (Number(at >> 32n) === contextRegion) return this.#contextField(Number(at & mask32) - base);
    const { memory, offset } = this.#touch(at, bytes);
    if (bytes === 8) return memory.readBigUInt64LE(offset);
    return BigInt(memory.readUIntLE(offset, bytes));
  }

  #store(at: bigint, bytes: number, value: bigint): void {
    const { memory, offset } = this.#touch(at, bytes);
    if (bytes === 8) memory.writeBigUInt64LE(BigInt.asUintN(64, value), offset);
    else memory.writeUIntLE(Number(BigInt.asUintN(8 * bytes, value)), offset, bytes);
  }

  #touch(at: bigint, bytes: number): { memory: Buffer; offset: number } {
    const region = Number(at >> 32n);
    const offset = Number(at & mask32) - base;
    const memory = this.#memory[region];
    if (memory === undefined || offset < 0 || offset + bytes > memory.length)
      throw new Error(`${bytes} bytes at ${at.toString(16)} are nowhere`);
    if (region >= firstData) this.#touched.add(at >> 6n);
    return { memory, offset };
  }

  /** struct xdp_md: data and data_end, which are addresses; all else is 0. */
  #contextField(offset: number): bigint {
    if (offset === 0) return address(frameRegion, 0);
    return offset === 4 ? address(frameRegion, this.#memory[frameRegion]?.length ?? 0) : 0n;
  }

  #atomic(operation: number, destination: number, source: number, offset: number, bytes: number): void {
    const at = this.#get(destination) + BigInt(offset);
    const old = this.#load(at, bytes);
    const value = BigInt.asUintN(8 * bytes, this.#get(source));
    if (operation === 0xf1) {
      if (old === BigInt.asUintN(8 * bytes, this.#get(0))) this.#store(at, bytes, value);
      this.#registers[0] = old;
      return;
    }
    const combined = operation === 0xe1 ? value : combine(operation & 0xf0, old, value);
    this.#store(at, bytes, combined);
    if (operation & 1) this.#registers[source] = old;
  }

  #call(helper: number): void {
    this.#helpers++;
    this.#registers[0] = this.#answer(helper);
  }

  #answer(helper: number): bigint {
    switch (helper) {
      case 1: // bpf_map_lookup_elem
        return this.#lookUp(Number(this.#get(1) >> 32n), Number(this.#load(this.#get(2), 4)));
      case 85: // bpf_sk_lookup_udp
      case 99: // bpf_skc_lookup_tcp
        return 0n; // no such socket
      case 118: // bpf_jiffies64
        return this.jiffies;
      case 131: // bpf_ringbuf_reserve: there is room for one record, again and again
        return address(Number(this.#get(1) >> 32n), 0);
      case 132: // bpf_ringbuf_submit
      case 133: // bpf_ringbuf_discard
        return 0n;
      default:
        throw new Error(`nobody has said what helper ${helper} does: ${import.meta.filename}`);
    }
  }

  #lookUp(region: number, key: number): bigint {
    const name = [...this.#numbers].find(([, number]) => number === region)?.[0] ?? '';
    const map = this.#maps[name];
    if (map === undefined) throw new Error(`${name || region} is no map of this machine`);
    return key < (map.entries ?? 1) ? address(region, key * map.valueSize) : 0n;
  }
}

function address(region: number, offset: number): bigint {
  return (BigInt(region) << 32n) | BigInt(base + offset);
}

function width(opcode: number): number {
  return [4, 2, 1, 8][(opcode >> 3) & 3] ?? 0;
}
