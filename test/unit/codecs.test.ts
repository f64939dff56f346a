import assert from 'node:assert/strict';
import { test } from 'node:test';
import zlib from 'node:zlib';
import kafkajs from 'kafkajs';
import { compressFrame } from 'lz4-napi';
import { compress } from 'snappy';
import { registerCodecs } from '../../src/common/kafka/traps/codecs.ts';

registerCodecs();
const { GZIP, Snappy, LZ4, ZSTD } = kafkajs.CompressionTypes;
const text = Buffer.from('port-ticker '.repeat(10_000));
const tooMuch = Buffer.alloc(65 * 1024 * 1024);

const compressions: [string, 1 | 2 | 3 | 4, (data: Buffer) => Promise<Buffer> | Buffer][] = [
  ['gzip', GZIP, (data) => zlib.gzipSync(data)],
  ['snappy', Snappy, (data) => compress(data)],
  ["snappy in snappy-java's framing", Snappy, xerial],
  ['lz4', LZ4, (data) => compressFrame(data)],
  ['zstd', ZSTD, (data) => zlib.zstdCompressSync(data)],
];

function unpack(type: 1 | 2 | 3 | 4, packed: Buffer): Promise<Buffer> {
  const codec = kafkajs.CompressionCodecs[type];
  return codec().decompress(packed);
}

for (const [name, type, pack] of compressions) {
  test(`what is compressed with ${name} is read`, async () => {
    assert.deepEqual(await unpack(type, await pack(text)), text);
    assert.deepEqual(await unpack(type, await pack(Buffer.alloc(0))), Buffer.alloc(0));
  });

  test(`with ${name} a bomb, a cut and foreign bytes are refused`, async () => {
    const packed = await pack(text);
    await assert.rejects(async () => unpack(type, await pack(tooMuch)));
    await assert.rejects(async () => unpack(type, packed.subarray(0, -20)));
    await assert.rejects(async () => unpack(type, Buffer.from('foreign bytes, and more of them')));
  });
}

test('a snappy block that claims to be huge is refused before there is room made for it', async () => {
  await assert.rejects(unpack(Snappy, Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0])), { code: 'DECODE' });
});

/** Blocks of 32 KiB, as Kafka's Java client writes them. */
async function xerial(data: Buffer): Promise<Buffer> {
  const parts: Buffer[] = [
    Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]),
  ];
  for (let at = 0; at < data.length; at += 32_768) {
    const block = await compress(data.subarray(at, at + 32_768));
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}
