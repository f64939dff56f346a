import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { addressText } from '../../src/common/address.ts';
import { field, size } from '../../src/producer/native.ts';

const head = { size: size('head'), tag: field('head', 'tag', 4) };
const source = {
  size: size('source'),
  address: field('source', 'address', 16),
  changes: field('source', 'changes', 4),
};

/** The sources of the table pinned in a layout's directory, with their counts. */
export function pinnedTable(layout: string): Map<string, number> {
  const heads = contentOf(join(layout, 'heads'));
  const sources = contentOf(join(layout, 'sources'));
  const counts = new Map<string, number>();
  for (let slot = 0; slot < heads.length / head.size; slot += 1) {
    if (heads.readUInt32LE(slot * head.size + head.tag) === 0) continue;
    const at = slot * source.size;
    counts.set(addressText(sources, at + source.address), sources.readUInt32LE(at + source.changes));
  }
  return counts;
}

/** The only element of an array map. */
function contentOf(pin: string): Buffer {
  const text = execFileSync('bpftool', ['--json', 'map', 'dump', 'pinned', pin], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const [{ value }]: [{ value: string[] }] = JSON.parse(text);
  return Buffer.from(value.map((byte) => Number(byte)));
}
