import { readFileSync } from 'node:fs';

/** A BPF program out of an ELF object, linked as libbpf links it: the program's section, then the functions that it calls. */
export interface BpfProgram {
  /** Instructions of 8 bytes. What refers to a map has its name in `symbols`, and so has what refers to data. */
  code: DataView;
  /** Index of the first instruction. */
  entry: number;
  /** By index of the instruction that loads its address: a map's name, or `.rodata` and the like with an offset in it. */
  symbols: ReadonlyMap<number, { name: string; offset: number }>;
  /** What is in the sections of data, by their names. */
  data: ReadonlyMap<string, Buffer>;
}

interface Section {
  name: string;
  index: number;
  type: number;
  bytes: Buffer;
}

interface Symbol {
  name: string;
  section: Section | undefined;
  value: number;
}

const instructionSize = 8;
const relocationTables = 9; // SHT_REL
const callRelocation = 10; // R_BPF_64_32

/** Reads the program `name`, which is in the section `section`. */
export function readBpfProgram(path: string, section: string, name: string): BpfProgram {
  const sections = readSections(readFileSync(path));
  const main = find(sections, section);
  const functions = find(sections, '.text');
  const code = Buffer.concat([main.bytes, functions.bytes]);
  const starts = new Map([
    [main.index, 0],
    [functions.index, main.bytes.length / instructionSize],
  ]);
  const symbols = readSymbols(sections);
  const references = new Map<number, { name: string; offset: number }>();
  for (const [index, start] of starts) {
    for (const { at, symbol, isCall } of relocations(sections, symbols, index)) {
      const instruction = start + at / instructionSize;
      const immediate = instruction * instructionSize + 4;
      if (isCall) {
        const target =
          (starts.get(symbol.section?.index ?? -1) ?? Number.NaN) + symbol.value / instructionSize;
        code.writeInt32LE(target + code.readInt32LE(immediate) - instruction, immediate);
      } else if (symbol.section?.name === '.maps') {
        references.set(instruction, { name: symbol.name, offset: 0 });
      } else if (symbol.section !== undefined) {
        const offset = symbol.value + code.readInt32LE(immediate);
        references.set(instruction, { name: symbol.section.name, offset });
      }
    }
  }
  const entry = symbols.find((symbol) => symbol.name === name && symbol.section === main);
  if (entry === undefined) throw new Error(`${path}: no program ${name} in section ${section}`);
  return {
    code: new DataView(code.buffer, code.byteOffset, code.length),
    entry: entry.value / instructionSize,
    symbols: references,
    data: new Map(sections.map(({ name: of, bytes }) => [of, bytes])),
  };
}

function readSections(file: Buffer): Section[] {
  const table = Number(file.readBigUInt64LE(40));
  const count = file.readUInt16LE(60);
  const namesIndex = file.readUInt16LE(62);
  const headers = Array.from({ length: count }, (_, index) =>
    file.subarray(table + 64 * index, table + 64 * (index + 1)),
  );
  const contents = headers.map((header) => {
    const start = Number(header.readBigUInt64LE(24));
    const size = Number(header.readBigUInt64LE(32));
    // .bss takes no room in the file
    return header.readUInt32LE(4) === 8 ? Buffer.alloc(size) : file.subarray(start, start + size);
  });
  return headers.map((header, index) => ({
    name: text(contents[namesIndex] ?? Buffer.alloc(0), header.readUInt32LE(0)),
    index,
    type: header.readUInt32LE(4),
    bytes: contents[index] ?? Buffer.alloc(0),
  }));
}

function readSymbols(sections: readonly Section[]): Symbol[] {
  const { bytes } = find(sections, '.symtab');
  const names = find(sections, '.strtab').bytes;
  return Array.from({ length: bytes.length / 24 }, (_, index) => ({
    name: text(names, bytes.readUInt32LE(24 * index)),
    section: sections[bytes.readUInt16LE(24 * index + 6)],
    value: Number(bytes.readBigUInt64LE(24 * index + 8)),
  }));
}

/** Of the section with this index. `at`: in bytes from its start. */
function relocations(
  sections: readonly Section[],
  symbols: readonly Symbol[],
  index: number,
): { at: number; symbol: Symbol; isCall: boolean }[] {
  const table = sections.find(
    ({ type, name }) => type === relocationTables && name === `.rel${sections[index]?.name}`,
  );
  const bytes = table?.bytes ?? Buffer.alloc(0);
  return Array.from({ length: bytes.length / 16 }, (_, row) => {
    const symbol = symbols[bytes.readUInt32LE(16 * row + 12)];
    if (symbol === undefined) throw new Error(`relocation ${row} of section ${index} has no symbol`);
    return {
      at: Number(bytes.readBigUInt64LE(16 * row)),
      symbol,
      isCall: bytes.readUInt32LE(16 * row + 8) === callRelocation,
    };
  });
}

function find(sections: readonly Section[], name: string): Section {
  const found = sections.find((section) => section.name === name);
  if (found === undefined) throw new Error(`no section ${name}`);
  return found;
}

function text(bytes: Buffer, start: number): string {
  return bytes.toString('latin1', start, bytes.indexOf(0, start));
}
