/** Arithmetic of BPF instructions on registers of 64 bits, which are never negative here. */

/** What an instruction of the classes ALU and ALU64 leaves. `immediate`: of a change of byte order, the bits. */
export function calculate(opcode: number, left: bigint, right: bigint, immediate: number): bigint {
  const operation = opcode & 0xf0;
  if (operation === 0xd0) return swap(left, immediate, (opcode & 8) !== 0);
  const bits = (opcode & 7) === 7 ? 64 : 32;
  const a = BigInt.asUintN(bits, left);
  const b = BigInt.asUintN(bits, right);
  return BigInt.asUintN(bits, combine(operation, a, b, bits));
}

/** The upper four bits of an opcode, or of an atomic operation, and the operands. `bits` matters to shifts and to what has a sign. */
export function combine(operation: number, a: bigint, b: bigint, bits = 64): bigint {
  const shift = b & BigInt(bits - 1);
  switch (operation) {
    case 0x00:
      return a + b;
    case 0x10:
      return a - b;
    case 0x20:
      return a * b;
    case 0x30:
      return b === 0n ? 0n : a / b;
    case 0x40:
      return a | b;
    case 0x50:
      return a & b;
    case 0x60:
      return a << shift;
    case 0x70:
      return a >> shift;
    case 0x80:
      return -a;
    case 0x90:
      return b === 0n ? a : a % b;
    case 0xa0:
      return a ^ b;
    case 0xb0:
      return b;
    case 0xc0:
      return BigInt.asIntN(bits, a) >> shift;
    default:
      throw new Error(`no operation ${operation.toString(16)}`);
  }
}

/** To big-endian, or to little-endian, which only cuts. */
function swap(value: bigint, bits: number, toBig: boolean): bigint {
  const cut = BigInt.asUintN(bits, value);
  if (!toBig) return cut;
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(cut << BigInt(64 - bits));
  return bytes.readBigUInt64LE();
}

/** Whether an instruction of the classes JMP and JMP32 jumps. */
export function jumps(opcode: number, left: bigint, right: bigint): boolean {
  const bits = (opcode & 7) === 6 ? 32 : 64;
  const a = BigInt.asUintN(bits, left);
  const b = BigInt.asUintN(bits, right);
  const signedA = BigInt.asIntN(bits, left);
  const signedB = BigInt.asIntN(bits, right);
  switch (opcode & 0xf0) {
    case 0x00:
      return true;
    case 0x10:
      return a === b;
    case 0x20:
      return a > b;
    case 0x30:
      return a >= b;
    case 0x40:
      return (a & b) !== 0n;
    case 0x50:
      return a !== b;
    case 0x60:
      return signedA > signedB;
    case 0x70:
      return signedA >= signedB;
    case 0xa0:
      return a < b;
    case 0xb0:
      return a <= b;
    case 0xc0:
      return signedA < signedB;
    case 0xd0:
      return signedA <= signedB;
    default:
      throw new Error(`no jump ${opcode.toString(16)}`);
  }
}
